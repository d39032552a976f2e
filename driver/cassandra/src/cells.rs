//! Values and rows as bytes, exactly as the native protocol has them (version 4, section 3, "bytes").

use scylla::deserialize::row::ColumnIterator;
use scylla::serialize::SerializationError;
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;

const NULL: i32 = -1;

/// One row of values, written by C++ for the columns of a statement.
pub struct Cells<'a>(pub &'a [u8]);

#[derive(Debug)]
struct WrongCells {
    expected: usize,
}

impl std::fmt::Display for WrongCells {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the values are not those of {} columns",
            self.expected
        )
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

/// How many bytes the first `columns` cells take; nothing when there are not as many.
pub fn length_of(bytes: &[u8], columns: usize) -> Option<usize> {
    let mut rest = bytes;
    for _ in 0..columns {
        (_, rest) = split(rest)?;
    }
    Some(bytes.len() - rest.len())
}

impl SerializeRow for Cells<'_> {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter,
    ) -> Result<(), SerializationError> {
        let expected = context.columns().len();
        let wrong = || SerializationError::new(WrongCells { expected });
        let mut rest = self.0;
        for _ in 0..expected {
            let (cell, behind) = split(rest).ok_or_else(wrong)?;
            let to = writer.make_cell_writer();
            match cell {
                Some(bytes) => to.set_value(bytes).map_err(|_| wrong())?,
                None => to.set_null(),
            };
            rest = behind;
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(wrong())
        }
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
