//! What keeps one query from being many: MLflow's limits on root fields, aliases, depth and selections.

use std::collections::BTreeSet;

use async_graphql_parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};

const ROOT_FIELDS: usize = 10;
const ALIASES: usize = 10;
const DEPTH: usize = 10;
const SELECTIONS: usize = 1000;

/// Refuses a query that asks for more than a page needs.
pub(super) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<(), String> {
    let mut waiting = vec![(&operation.selection_set.node, 1)];
    let mut total = 0;
    while let Some((set, depth)) = waiting.pop() {
        if depth > DEPTH {
            return Err(format!("Query exceeds maximum depth of {DEPTH}"));
        }
        let fields = fields(document, set)?;
        total += fields.len();
        if total > SELECTIONS {
            return Err(format!("Query exceeds maximum total selections of {SELECTIONS}"));
        }
        if depth == 1 && fields.len() > ROOT_FIELDS {
            return Err(too_many(ROOT_FIELDS, fields.len(), "root fields"));
        }
        let aliases = fields.iter().filter(|field| field.alias.is_some()).count();
        if aliases > ALIASES {
            return Err(too_many(ALIASES, aliases, "aliases"));
        }
        waiting.extend(fields.into_iter().map(|field| (&field.selection_set.node, depth + 1)));
    }
    Ok(())
}

fn too_many(most: usize, found: usize, what: &str) -> String {
    format!("GraphQL queries should have at most {most} {what}, got {found} {what}.")
}

/// The fields of a selection, those of its fragments among them; a fragment counts once in one place.
pub(super) fn fields<'d>(
    document: &'d ExecutableDocument,
    set: &'d SelectionSet,
) -> Result<Vec<&'d Field>, String> {
    let mut waiting: Vec<&SelectionSet> = vec![set];
    let (mut fields, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(set) = waiting.pop() {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => fields.push(&field.node),
                Selection::InlineFragment(inner) => waiting.push(&inner.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = document.fragments.get(name) else {
                        return Err(format!("Unknown fragment '{name}'."));
                    };
                    if seen.insert(name.to_string()) {
                        waiting.push(&fragment.node.selection_set.node);
                    }
                }
            }
        }
        if fields.len() > SELECTIONS {
            return Err(format!("Query exceeds maximum total selections of {SELECTIONS}"));
        }
    }
    Ok(fields)
}
