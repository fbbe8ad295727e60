//! Empty buffers between two uses. Outboxes borrow one where a socket does not take all at once, which is seldom, and
//! then for many at the same time.

/// Empty buffers that wait to be lent again.
#[derive(Debug)]
pub struct Buffers {
    free: Vec<Vec<u8>>,
    /// The capacity of all free ones, in bytes.
    held_bytes: usize,
    held_bytes_max: usize,
}

impl Buffers {
    /// No buffers yet; at most `held_bytes_max` bytes of empty ones are kept.
    pub fn new(held_bytes_max: usize) -> Self {
        Self {
            free: Vec::new(),
            held_bytes: 0,
            held_bytes_max,
        }
    }

    /// An empty buffer, used before if there is one.
    pub fn lend(&mut self) -> Vec<u8> {
        let buffer = self.free.pop().unwrap_or_default();
        self.held_bytes -= buffer.capacity();
        buffer
    }

    /// Takes a buffer back and keeps it, unless enough are kept.
    pub fn give_back(&mut self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        if capacity > 0 && self.held_bytes + capacity <= self.held_bytes_max {
            buffer.clear();
            self.held_bytes += capacity;
            self.free.push(buffer);
        }
    }
}

#[cfg(test)]
impl Buffers {
    /// How many wait to be lent.
    pub(in crate::server) fn count(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_allowed() {
        let mut buffers = Buffers::new(100);
        buffers.give_back(Vec::with_capacity(80));
        buffers.give_back(Vec::with_capacity(80));
        assert_eq!((buffers.free.len(), buffers.held_bytes), (1, 80));
        let lent = buffers.lend();
        assert_eq!((lent.capacity(), buffers.held_bytes), (80, 0));
    }
}
