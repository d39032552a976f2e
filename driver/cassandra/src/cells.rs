//! Values and rows as bytes, exactly as the native protocol has them (version 4, section 3, "bytes").

use scylla::deserialize::row::ColumnIterator;
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;

const NULL: i32 = -1;

/// One row of values, written by C++ for the columns of a statement.
#[derive(Clone)]
pub struct Cells(Vec<u8>);

#[derive(Debug)]
struct WrongCells {
    expected: usize,
}

impl std::fmt::Display for WrongCells {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the values are not those of {} columns", self.expected)
    }
}

impl std::error::Error for WrongCells {}

/// The first cell, and what is behind it; nothing when the bytes end within it.
fn split(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    match i32::from_be_bytes(*length) {
        NULL => Some((None, rest)),
        length => {
            let (cell, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((Some(cell), rest))
        }
    }
}

impl Cells {
    /// Takes `columns` cells from the front of `bytes`; nothing when there are not as many.
    pub fn take(bytes: &mut &[u8], columns: usize) -> Option<Cells> {
        let mut rest = *bytes;
        for _ in 0..columns {
            (_, rest) = split(rest)?;
        }
        let (row, rest) = bytes.split_at(bytes.len() - rest.len());
        *bytes = rest;
        Some(Cells(row.to_vec()))
    }
}

impl SerializeRow for Cells {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter,
    ) -> Result<(), SerializationError> {
        let expected = context.columns().len();
        let wrong = || SerializationError::new(WrongCells { expected });
        let mut rest = self.0.as_slice();
        for _ in 0..expected {
            let (cell, behind) = split(rest).ok_or_else(wrong)?;
            let to = writer.make_cell_writer();
            match cell {
                Some(bytes) => to.set_value(bytes).map_err(|_| wrong())?,
                None => to.set_null(),
            };
            rest = behind;
        }
        if rest.is_empty() { Ok(()) } else { Err(wrong()) }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a row's cells behind `cells`.
pub fn append_row(
    row: ColumnIterator<'_, '_>,
    cells: &mut Vec<u8>,
) -> Result<(), scylla::errors::DeserializationError> {
    for column in row {
        match column?.slice {
            Some(slice) => {
                let bytes = slice.as_slice();
                // A frame holds at most 256 MiB.
                cells.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
                cells.extend_from_slice(bytes);
            }
            None => cells.extend_from_slice(&NULL.to_be_bytes()),
        }
    }
    Ok(())
}
