//! A list of subnets, such as `192.0.2.7,10.0.0.0/8,2001:db8::/32`.

use std::fmt;
use std::net::IpAddr;

/// Addresses from which something is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnets(Vec<Subnet>);

/// The addresses that agree with one in its first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subnet {
    address: IpAddr,
    bits: u8,
}

impl Subnets {
    /// Parses a list, in which `/BITS` may be missing. None if it is wrong: a subnet has no bit beyond its length.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',').map(Subnet::parse).collect::<Option<_>>().map(Self)
    }

    /// Whether an address is in one of them. `::ffff:192.0.2.7` is 192.0.2.7.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|subnet| subnet.contains(address.to_canonical()))
    }
}

impl Subnet {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let is_number = |bits: &&str| bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            None => longest,
            Some(bits) => Some(bits).filter(is_number)?.parse().ok()?,
        };
        let subnet = Self { address, bits };
        (bits <= longest && subnet.prefix_of(address) == number(address).0).then_some(subnet)
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && self.prefix_of(address) == number(self.address).0
    }

    /// The address without the bits beyond the length.
    fn prefix_of(self, address: IpAddr) -> u128 {
        let (number, longest) = number(address);
        let beyond = u32::from(longest - self.bits.min(longest));
        // A shift by all bits would be an overflow.
        number.checked_shr(beyond).unwrap_or(0).checked_shl(beyond).unwrap_or(0)
    }
}

/// An address as a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

impl fmt::Display for Subnets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, subnet) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{}", subnet.address)?;
            if subnet.bits != number(subnet.address).1 {
                write!(f, "/{}", subnet.bits)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_subnet_if_its_first_bits_are() {
        let subnets = "192.0.2.7,10.0.0.0/8,198.51.100.128/25,2001:db8::/33,::1";
        let parsed = Subnets::parse(subnets).unwrap();
        assert_eq!(parsed.to_string(), subnets);
        for (address, is_inside) in [
            ("192.0.2.7", true),
            ("::ffff:192.0.2.7", true),
            ("192.0.2.6", false),
            ("10.255.0.1", true),
            ("11.0.0.0", false),
            ("198.51.100.128", true),
            ("198.51.100.127", false),
            ("2001:db8:7fff::1", true),
            ("2001:db8:8000::1", false),
            ("::1", true),
            ("::2", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(parsed.contain(address.parse().unwrap()), is_inside, "{address}");
        }
        for all in ["0.0.0.0/0", "::/0"] {
            let all = Subnets::parse(all).unwrap();
            let [v4, v6] =
                ["192.0.2.1", "2001:db8::1"].map(|one| all.contain(one.parse().unwrap()));
            assert!(v4 != v6, "a family is not the other: {all}");
        }
    }

    #[test]
    fn a_subnet_has_no_bit_beyond_its_length() {
        for wrong in [
            "",
            "x",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "1::1/64",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/8,",
            "10.0.0.0/-1",
            "[::1]",
            "10.0.0.0/8 ",
            "10.0/8",
            "10.0.0.0/256",
            "0.0.0.0/0/0",
        ] {
            assert_eq!(Subnets::parse(wrong), None, "{wrong}");
        }
    }
}
