//! Admission: at most `--max-clients` places, and limits for each address.
//!
//! Listeners take places. The dispatcher drops a place before it tells the others that its client has left, so a reader of
//! that line can rely on the free place.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::ops::metrics::RefusalReason;
use super::port_kind::PortKind;
use crate::chat::{Message, Network, Time};

/// The time over which arrivals from one address are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// The address book drops idle addresses whenever it has doubled, but not below this size.
const BOOK_SWEEP_MIN: usize = 1_024;

/// Why a client is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionError {
    /// All of this many places are taken.
    Full { places: usize },
    /// The address has as many connections as one address may have.
    TooManyFromAddress { max: usize },
    /// The address opens connections too fast.
    TooFastFromAddress { max: usize },
}

impl AdmissionError {
    /// The line for the client.
    pub fn message(self) -> Message {
        match self {
            Self::Full { .. } => Message::ServerFull,
            Self::TooManyFromAddress { max } => Message::TooManyFromAddress { max },
            Self::TooFastFromAddress { max } => Message::TooFastFromAddress { max },
        }
    }
}

impl From<AdmissionError> for RefusalReason {
    fn from(refused: AdmissionError) -> Self {
        match refused {
            AdmissionError::Full { .. } => Self::Full,
            AdmissionError::TooManyFromAddress { .. } => Self::TooManyFromAddress,
            AdmissionError::TooFastFromAddress { .. } => Self::TooFastFromAddress,
        }
    }
}

/// The limit that refused the client, for the log.
impl fmt::Display for AdmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { places } => write!(f, "all {places} places are taken (max-clients)"),
            Self::TooManyFromAddress { max } => write!(
                f,
                "{max} connections from this address (connections-per-address, at most three quarters of max-clients)"
            ),
            Self::TooFastFromAddress { max } => {
                write!(
                    f,
                    "{max} connections from this address in a minute (connections-per-minute)"
                )
            }
        }
    }
}

/// Gives places to clients, and counts the connections of each address.
#[derive(Debug)]
pub struct Admission {
    places: usize,
    free: AtomicUsize,
    /// The places that are taken at each port.
    open: [AtomicUsize; PortKind::ALL.len()],
    book: Mutex<AddressBook>,
}

/// One client's place, which its drop frees.
#[derive(Debug)]
pub struct Place<'a> {
    admission: &'a Admission,
    kind: PortKind,
    /// The client's network, if a limit by address counts it.
    network: Option<Network>,
}

impl Admission {
    /// Admission to this many places. One address may have `open_max` at once, but no more than three quarters of all places,
    /// so that it cannot fill the house; and it may open `new_max` a minute.
    pub fn new(places: usize, open_max: Option<usize>, new_max: Option<usize>) -> Self {
        Self {
            places,
            free: AtomicUsize::new(places),
            open: Default::default(),
            book: Mutex::new(AddressBook::new(share(places, open_max), new_max)),
        }
    }

    /// Changes the limits for one address. Present clients stay.
    pub fn limit_addresses(&self, open_max: Option<usize>, new_max: Option<usize>) {
        let mut book = self.book.lock();
        (book.open_max, book.new_max) = (share(self.places, open_max), new_max);
    }

    /// Takes a place for a client from `address`.
    ///
    /// # Errors
    /// The client is not admitted, and no place is taken.
    pub fn enter(
        &self,
        address: IpAddr,
        kind: PortKind,
        now: Time,
    ) -> Result<Place<'_>, AdmissionError> {
        let mut place = self.reserve(kind)?;
        place.count_address(address, now)?;
        Ok(place)
    }

    /// Takes a place for a client whose address is not known yet.
    ///
    /// # Errors
    /// All places are taken.
    pub fn reserve(&self, kind: PortKind) -> Result<Place<'_>, AdmissionError> {
        let taken =
            self.free.fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(1));
        taken.map_err(|_| AdmissionError::Full { places: self.places })?;
        self.open[kind.index()].fetch_add(1, Ordering::Relaxed);
        Ok(Place { admission: self, kind, network: None })
    }

    /// How many places are taken at each port, by its name.
    pub fn open(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let count =
            |kind: PortKind| (kind.label(), self.open[kind.index()].load(Ordering::Relaxed) as u64);
        PortKind::ALL.into_iter().map(count)
    }
}

impl Place<'_> {
    /// Counts the client for the limits of its address. Called once.
    ///
    /// # Errors
    /// The address has no room for it.
    pub fn count_address(&mut self, address: IpAddr, now: Time) -> Result<(), AdmissionError> {
        let network = Network::of(address);
        // Loopback is exempt: thousands of test clients come from there, and so does the person at the keyboard.
        if !network.is_loopback() {
            self.admission.book.lock().enter(network, now)?;
            self.network = Some(network);
        }
        Ok(())
    }
}

/// How many of these places one address may have.
fn share(places: usize, open_max: Option<usize>) -> Option<usize> {
    let most = (places - places.div_ceil(4)).max(1);
    open_max.map(|max| max.min(most))
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(network) = self.network {
            self.admission.book.lock().leave(network);
        }
        self.admission.open[self.kind.index()].fetch_sub(1, Ordering::Relaxed);
        self.admission.free.fetch_add(1, Ordering::AcqRel);
    }
}

/// The connections of one address.
#[derive(Debug)]
struct Entry {
    open: usize,
    window_start: Time,
    /// Arrivals since then.
    arrived: usize,
}

/// Addresses that have connections, or had some in the last minute.
#[derive(Debug)]
struct AddressBook {
    entries: HashMap<Network, Entry>,
    open_max: Option<usize>,
    new_max: Option<usize>,
    sweep_at: usize,
}

impl AddressBook {
    fn new(open_max: Option<usize>, new_max: Option<usize>) -> Self {
        Self { entries: HashMap::new(), open_max, new_max, sweep_at: BOOK_SWEEP_MIN }
    }

    /// Counts an arrival from this network.
    ///
    /// # Errors
    /// It is not admitted.
    fn enter(&mut self, network: Network, now: Time) -> Result<(), AdmissionError> {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, entry| {
                entry.open > 0 || now.saturating_sub(entry.window_start) < WINDOW
            });
            self.sweep_at = BOOK_SWEEP_MIN.max(2 * self.entries.len());
        }
        let entry =
            self.entries.entry(network).or_insert(Entry { open: 0, window_start: now, arrived: 0 });
        if now.saturating_sub(entry.window_start) >= WINDOW {
            entry.window_start = now;
            entry.arrived = 0;
        }
        // A refused arrival counts too, so that trying again without a pause gains nothing.
        entry.arrived = entry.arrived.saturating_add(1);
        if let Some(max) = self.open_max.filter(|&max| entry.open >= max) {
            return Err(AdmissionError::TooManyFromAddress { max });
        }
        if let Some(max) = self.new_max.filter(|&max| entry.arrived > max) {
            return Err(AdmissionError::TooFastFromAddress { max });
        }
        entry.open += 1;
        Ok(())
    }

    fn leave(&mut self, network: Network) {
        if let Some(entry) = self.entries.get_mut(&network) {
            entry.open = entry.open.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Duration::from_secs(seconds)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_comes_back_when_it_is_dropped() {
        let admission = Admission::new(1, None, None);
        let place = admission.enter(ip("127.0.0.1"), PortKind::Plain, at(0)).unwrap();
        assert_eq!(
            admission.enter(ip("127.0.0.1"), PortKind::Plain, at(0)).unwrap_err(),
            AdmissionError::Full { places: 1 }
        );
        drop(place);
        assert!(admission.enter(ip("127.0.0.1"), PortKind::Plain, at(0)).is_ok());
    }

    #[test]
    fn one_address_cannot_take_all_places_but_loopback_can() {
        let admission = Admission::new(10, Some(2), None);
        let held: Vec<_> = (0..2)
            .map(|_| admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).unwrap())
            .collect();
        assert_eq!(
            admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).unwrap_err(),
            AdmissionError::TooManyFromAddress { max: 2 }
        );
        assert!(admission.enter(ip("192.0.2.2"), PortKind::Plain, at(0)).is_ok());
        drop(held);
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).is_ok());
        let local: Vec<_> =
            (0..10).map(|_| admission.enter(ip("::1"), PortKind::Plain, at(0)).unwrap()).collect();
        assert_eq!(local.len(), 10, "a refusal takes no place");
    }

    #[test]
    fn one_address_gets_three_quarters_of_a_small_house() {
        for (places, open_max, most) in [
            (50, Some(64), 37),
            (4, Some(64), 3),
            (3, Some(64), 2),
            (2, Some(64), 1),
            (1, Some(64), 1),
            (100, Some(64), 64),
            // `off` is the word of whoever runs the server.
            (50, None, 50),
        ] {
            let admission = Admission::new(places, open_max, None);
            // Whether they have a name or not.
            let enter = || admission.enter(ip("2001:db8::1"), PortKind::Plain, at(0));
            let held: Vec<_> = (0..most).map(|_| enter().unwrap()).collect();
            let refused = enter().unwrap_err();
            if most == places {
                assert_eq!(refused, AdmissionError::Full { places });
                continue;
            }
            assert_eq!(refused, AdmissionError::TooManyFromAddress { max: most });
            assert!(admission.enter(ip("192.0.2.9"), PortKind::Plain, at(0)).is_ok());
            // A reload with another limit changes nothing about that.
            admission.limit_addresses(Some(1_000), None);
            assert_eq!(enter().is_ok(), most < places - places.div_ceil(4), "{places}");
            drop(held);
            let local: Vec<_> = (0..places)
                .map(|_| admission.enter(ip("127.0.0.1"), PortKind::Plain, at(0)).unwrap())
                .collect();
            assert_eq!(local.len(), places);
        }
    }

    #[test]
    fn changed_limits_apply_to_later_arrivals() {
        let admission = Admission::new(10, Some(2), None);
        let held: Vec<_> = (0..2)
            .map(|_| admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).unwrap())
            .collect();
        admission.limit_addresses(Some(1), None);
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).is_err());
        admission.limit_addresses(None, None);
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).is_ok());
        assert_eq!(held.len(), 2);
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let admission = Admission::new(10, Some(1), None);
        let _held = admission.enter(ip("2001:db8::1"), PortKind::Plain, at(0)).unwrap();
        assert!(admission.enter(ip("2001:db8::2"), PortKind::Plain, at(0)).is_err());
        assert!(admission.enter(ip("2001:db8:0:1::2"), PortKind::Plain, at(0)).is_ok());
    }

    #[test]
    fn arrivals_are_counted_for_a_minute() {
        let admission = Admission::new(10, None, Some(2));
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(0)).is_ok());
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(1)).is_ok());
        let refused = admission.enter(ip("192.0.2.1"), PortKind::Plain, at(59)).unwrap_err();
        assert_eq!(refused, AdmissionError::TooFastFromAddress { max: 2 });
        assert!(admission.enter(ip("192.0.2.1"), PortKind::Plain, at(60)).is_ok());
    }

    #[test]
    fn idle_addresses_are_dropped() {
        let mut book = AddressBook::new(None, None);
        for number in 0..BOOK_SWEEP_MIN as u32 {
            let network = Network::of(IpAddr::from(number.to_be_bytes()));
            assert_eq!(book.enter(network, at(0)), Ok(()));
            book.leave(network);
        }
        assert_eq!(book.enter(Network::of(ip("192.0.2.1")), at(61)), Ok(()));
        assert_eq!(book.entries.len(), 1);
    }
}
