//! A table in one number, and a key in words.

use std::fmt::Write as _;

use crate::store::tables::Cell;

/// How many rows, and the sum of their digests as one large number.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    pub(super) digest: [u8; 32],
}

impl Sum {
    /// One row more.
    pub(super) fn add(&mut self, row: [u8; 32]) {
        self.rows += 1;
        let mut carry = 0;
        for (sum, byte) in self.digest.iter_mut().zip(row).rev() {
            let both = u16::from(*sum) + u16::from(byte) + carry;
            let [high, low] = both.to_be_bytes();
            (*sum, carry) = (low, high.into());
        }
    }
}

/// A key as a person may look it up. Keys are ids and digests, never secrets.
pub(super) fn shown(key: &[Cell]) -> String {
    let cell = |cell: &Cell| match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => hex(bytes),
        Cell::Int(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
    };
    key.iter().map(cell).collect::<Vec<_>>().join(" ")
}

/// In hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_knows_no_order_and_carries() {
        let rows = [[0xff; 32], [1; 32], [0x80; 32]];
        let sum = |order: [usize; 3]| {
            let mut sum = Sum::default();
            for at in order {
                sum.add(rows[at]);
            }
            sum
        };
        assert!(sum([0, 1, 2]) == sum([2, 0, 1]));
        let mut one = Sum::default();
        one.add([0xff; 32]);
        let mut last = [0; 32];
        last[31] = 1;
        one.add(last);
        assert_eq!((one.rows, one.digest), (2, [0; 32]));
    }
}
