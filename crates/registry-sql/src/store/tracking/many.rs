//! Many rows in few statements, of few shapes, so that what was prepared once is used again.

use crate::db::{Conn, DbError, Sql, Value, sql};

/// Rows in one `INSERT`, largest first.
const ROWS: [usize; 8] = [200, 100, 50, 20, 10, 5, 2, 1];

/// Values in one list; a shorter list repeats its last value.
const LISTS: [usize; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/// The longest list that [`push_in`] takes: longer ones are cut by the caller.
pub(super) const LONGEST_LIST: usize = 1000;

/// Inserts rows: `head` up to `VALUES`, `tail` after it. Returns how many were written.
pub(super) async fn insert<const COLUMNS: usize>(
    db: &mut Conn,
    head: &str,
    tail: &str,
    rows: Vec<[Value; COLUMNS]>,
) -> Result<u64, DbError> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    let mut written = 0;
    for size in ROWS {
        while left >= size {
            let mut statement = sql(head);
            for (index, row) in rows.by_ref().take(size).enumerate() {
                statement.push(if index == 0 { " " } else { "," }).push_list(row);
            }
            statement.push(tail);
            written += db.execute(statement).await?;
            left -= size;
        }
    }
    Ok(written)
}

/// Appends ` IN (...)`, padded to one of a few lengths.
pub(super) fn push_in<V: Into<Value> + Clone>(statement: &mut Sql, values: &[V]) {
    let length = LISTS.into_iter().find(|length| *length >= values.len());
    let missing = length.unwrap_or(values.len()) - values.len();
    let padding = values.last().into_iter().cycle().take(missing);
    statement.push(" IN ").push_list(values.iter().chain(padding).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_few_lengths() {
        let text = |values: &[i64]| {
            let mut statement = Sql::default();
            push_in(&mut statement, values);
            format!("{statement:?}")
        };
        assert_eq!(text(&[1, 2, 3]).matches('?').count(), 5);
        assert_eq!(text(&[1]).matches('?').count(), 1);
        assert!(text(&[]).contains("NULL"));
    }
}
