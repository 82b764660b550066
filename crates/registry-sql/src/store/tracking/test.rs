//! Conditions of a search as SQL.

use gauntlet_mlflow::filter::Test;

use super::many;
use crate::db::{Dialect, Sql};

/// Appends the comparison of an expression. What a caller gave is bound; expressions are ours.
pub(super) fn push_test(statement: &mut Sql, dialect: Dialect, expression: &str, test: &Test) {
    match test {
        Test::Number(op, number) => {
            statement.push(expression).push(" ").push(op).push(" ").push_bind(*number);
        }
        Test::Text("ILIKE", pattern) if dialect == Dialect::Sqlite => {
            statement.push("lower(").push(expression).push(") LIKE lower(");
            statement.push_bind(pattern).push(")");
        }
        Test::Text(op, text) => {
            statement.push(expression).push(" ").push(op).push(" ").push_bind(text);
        }
        Test::In(list) => {
            statement.push(expression);
            many::push_in(statement, list);
        }
        Test::NotIn(list) => {
            statement.push(expression).push(" NOT");
            many::push_in(statement, list);
        }
        Test::Present(present) => {
            statement.push(expression).push(if *present { " IS NOT NULL" } else { " IS NULL" });
        }
    }
}
