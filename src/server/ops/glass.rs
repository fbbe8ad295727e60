//! The look at the threads that the glass view shows. Everybody who asks within [`limits::GLASS_LOOK_SHARED`] gets the same
//! one, so that ten thousand readers are counted a few times a second, however many people look.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use rustix::time::{ClockId, clock_gettime};

use crate::chat::{ClientId, DispatcherView, GlassView, InboxView, ReaderView};
use crate::config::limits;

/// The last look. Its owner asks on the dispatcher's thread only, whose processor time it measures.
#[derive(Debug)]
pub struct Glass {
    taken_at: Instant,
    processor_time: Duration,
    view: Option<GlassView>,
}

impl Glass {
    pub fn new() -> Self {
        Self { taken_at: Instant::now(), processor_time: Duration::ZERO, view: None }
    }

    /// The last look, if it is new enough for somebody else.
    pub fn recent(&self) -> Option<&GlassView> {
        self.view.as_ref().filter(|_| self.taken_at.elapsed() < limits::GLASS_LOOK_SHARED)
    }

    /// Keeps a new look, which lacks what the dispatcher did since the last one.
    pub fn keep(&mut self, mut view: GlassView) -> &GlassView {
        let (now, used) = (Instant::now(), processor_time());
        view.dispatcher = DispatcherView {
            interval: now - self.taken_at,
            busy: used.saturating_sub(self.processor_time),
        };
        (self.taken_at, self.processor_time) = (now, used);
        self.view.insert(view)
    }
}

/// The processor time of this thread so far.
fn processor_time() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

/// A look in the making: the rows of the table come one by one.
pub struct Look<'u> {
    view: GlassView,
    /// The bytes that wait for clients whose socket is full.
    unsent: &'u FxHashMap<ClientId, u64>,
    writers: FxHashMap<ClientId, &'static str>,
}

impl<'u> Look<'u> {
    /// A look at no thread yet. `activities` is what a reader may do.
    pub fn new(
        activities: impl Iterator<Item = &'static str>,
        inbox: InboxView,
        unsent: &'u FxHashMap<ClientId, u64>,
    ) -> Self {
        let view = GlassView {
            doing: activities.map(|words| (words, 0)).collect(),
            full_sockets: unsent.len(),
            unsent_bytes: unsent.values().sum(),
            inbox,
            ..GlassView::default()
        };
        Self { view, unsent, writers: FxHashMap::default() }
    }

    /// Adds a reader that does the activity with this number.
    pub fn reader(
        &mut self,
        activity: usize,
        reader: impl FnOnce() -> ReaderView,
        client: ClientId,
        bytes: (u64, u64),
    ) {
        let view = &mut self.view;
        view.doing[activity].1 += 1;
        view.readers_total += 1;
        view.bytes_in += bytes.0;
        view.bytes_out += bytes.1;
        if view.readers_total == limits::LIST_ENTRIES_MAX + 1 {
            view.is_grouped = true;
            view.readers.retain(|reader| reader.unsent_bytes > 0);
        }
        let unsent = self.unsent.get(&client).copied();
        let has_room = view.readers.len() < limits::LIST_ENTRIES_MAX;
        if has_room && (unsent.is_some() || !view.is_grouped) {
            view.readers.push(ReaderView { unsent_bytes: unsent.unwrap_or(0), ..reader() });
        }
    }

    /// Adds a client's writer.
    pub fn writer(&mut self, client: ClientId, doing: &'static str) {
        self.view.writers_total += 1;
        self.writers.insert(client, doing);
    }

    /// The complete look.
    pub fn finish(mut self) -> GlassView {
        for reader in &mut self.view.readers {
            reader.writer = self.writers.get(&reader.client).copied();
        }
        self.view.readers.sort_unstable_by_key(|reader| reader.client);
        self.view.doing.retain(|&(_, count)| count > 0);
        self.view
    }
}
