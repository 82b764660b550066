//! Recipes: which features a model sees, each a formula over raw columns.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::{Column, Field, FieldKind, Frame, Plausible, Table, Train};
use serde::{Deserialize, Serialize};

use crate::{Expr, FeatureError, Matrix, parse};

/// A derived feature as the pipeline file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedSpec {
    /// The formula; see [`parse`].
    pub formula: String,
    /// Unit, for people.
    #[serde(default)]
    pub unit: String,
    /// The value at which physics sets a limit, such as 0 for a margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
}

/// A checked recipe, before the categories of its text columns are known.
#[derive(Debug, Clone, PartialEq)]
pub struct RecipePlan {
    name: String,
    features: Vec<Planned>,
}

#[derive(Debug, Clone, PartialEq)]
enum Planned {
    Formula(Feature),
    Categories(String),
}

/// One feature of a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The feature's name.
    pub name: String,
    /// Its formula over raw columns.
    pub expr: Expr,
    /// Unit, for people.
    pub unit: String,
    /// The value at which physics sets a limit.
    pub limit: Option<f32>,
}

/// A raw column that a recipe reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawInput {
    /// The column's name.
    pub name: String,
    /// Numbers, or the categories seen in training.
    pub kind: RawKind,
    /// Whether training saw missing values in it.
    pub nullable: bool,
}

/// The type of a raw column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawKind {
    /// Numbers.
    Number,
    /// Text; the categories seen in training, sorted.
    Category(Vec<String>),
}

/// A recipe ready to compute features: the categories of its text columns are fixed.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The recipe's name.
    pub name: String,
    /// The raw columns it reads, in the order in which they first appear.
    pub inputs: Vec<RawInput>,
    /// The features, in order.
    pub features: Vec<Feature>,
}

impl RecipePlan {
    /// Checks a recipe against the columns of a dataset and resolves its formulas.
    ///
    /// A feature named like a numeric column is that column, one named like a text column becomes one
    /// 0/1 feature per category, and any other name is looked up in `derived`.
    ///
    /// # Errors
    /// A name that is unknown or used twice, a formula that does not parse, is defined by itself or
    /// does arithmetic on text.
    pub fn check(
        name: &str,
        features: &[String],
        derived: &BTreeMap<String, DerivedSpec>,
        columns: &Frame,
    ) -> Result<Self, FeatureError> {
        if features.is_empty() {
            return Err(FeatureError::Empty(name.to_owned()));
        }
        let resolver = Resolver { recipe: name, derived, columns };
        let mut seen = BTreeSet::new();
        let planned = features
            .iter()
            .map(|feature| {
                if !seen.insert(feature) {
                    return Err(FeatureError::Twice {
                        recipe: name.to_owned(),
                        name: feature.clone(),
                    });
                }
                match columns.column(feature) {
                    Ok(Column::Text(_)) => Ok(Planned::Categories(feature.clone())),
                    _ => Ok(Planned::Formula(resolver.feature(feature)?)),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), features: planned })
    }

    /// Every raw column the recipe reads.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        self.features
            .iter()
            .flat_map(|feature| match feature {
                Planned::Formula(feature) => feature.expr.columns(),
                Planned::Categories(column) => BTreeSet::from([column.as_str()]),
            })
            .collect()
    }

    /// Learns the categories of text columns, and which columns miss values, from training rows.
    ///
    /// # Errors
    /// A column that the rows do not have.
    pub fn fit(&self, train: &Train<Table>) -> Result<Recipe, FeatureError> {
        let frame = &train.frame;
        let mut features = Vec::new();
        for planned in &self.features {
            match planned {
                Planned::Formula(feature) => features.push(feature.clone()),
                Planned::Categories(column) => {
                    for category in categories(frame, column)? {
                        features.push(Feature {
                            name: format!("{column}_{category}"),
                            expr: Expr::Pick {
                                column: column.clone(),
                                cases: vec![(category, 1.0)],
                                otherwise: 0.0,
                            },
                            unit: String::new(),
                            limit: None,
                        });
                    }
                }
            }
        }
        let mut inputs: Vec<RawInput> = Vec::new();
        for feature in &features {
            for column in feature.expr.columns() {
                if !inputs.iter().any(|input| input.name == column) {
                    inputs.push(RawInput::of(frame, column)?);
                }
            }
        }
        Ok(Recipe { name: self.name.clone(), inputs, features })
    }
}

impl Recipe {
    /// Computes the features of every row of `frame`: double precision up to the last step, then `f32`.
    ///
    /// # Errors
    /// A column that is missing or of another type than in training.
    pub fn apply(&self, frame: &Frame) -> Result<Matrix, FeatureError> {
        let columns = self
            .features
            .iter()
            .map(|f| Ok(f.expr.eval(frame)?.into_iter().map(|x| x as f32).collect()))
            .collect::<Result<_, FeatureError>>()?;
        Ok(Matrix {
            names: self.features.iter().map(|f| f.name.clone()).collect(),
            columns,
            limits: self.features.iter().map(|f| f.limit).collect(),
        })
    }

    /// The fields a request has to carry, with the unit and the plausible numbers that `known` gives.
    #[must_use]
    pub fn fields(&self, known: impl Fn(&str) -> (String, Plausible)) -> Vec<Field> {
        self.inputs
            .iter()
            .map(|input| {
                let (unit, plausible) = known(&input.name);
                let kind = match &input.kind {
                    RawKind::Number => FieldKind::Number,
                    RawKind::Category(values) => FieldKind::Category { values: values.clone() },
                };
                Field { name: input.name.clone(), kind, unit, nullable: input.nullable, plausible }
            })
            .collect()
    }

    /// The recipe as TOML, for the bundle: every feature with its full formula over raw columns.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let quote = |text: &str| format!("{text:?}");
        let mut toml = format!("name = {}\n", quote(&self.name));
        for feature in &self.features {
            toml += &format!(
                "\n[[features]]\nname = {}\nformula = {}\n",
                quote(&feature.name),
                quote(&feature.expr.to_string())
            );
            if !feature.unit.is_empty() {
                toml += &format!("unit = {}\n", quote(&feature.unit));
            }
            if let Some(limit) = feature.limit {
                toml += &format!("limit = {limit:?}\n");
            }
        }
        toml
    }
}

impl RawInput {
    fn of(frame: &Frame, column: &str) -> Result<Self, FeatureError> {
        let (kind, nullable) = match frame.column(column)? {
            Column::Number(values) => (RawKind::Number, values.iter().any(|v| v.is_nan())),
            Column::Text(_) => (RawKind::Category(categories(frame, column)?), false),
        };
        Ok(Self { name: column.to_owned(), kind, nullable })
    }
}

fn categories(frame: &Frame, column: &str) -> Result<Vec<String>, FeatureError> {
    let distinct: BTreeSet<&String> = frame.texts(column)?.iter().collect();
    Ok(distinct.into_iter().cloned().collect())
}

struct Resolver<'a> {
    recipe: &'a str,
    derived: &'a BTreeMap<String, DerivedSpec>,
    columns: &'a Frame,
}

impl Resolver<'_> {
    fn feature(&self, name: &str) -> Result<Feature, FeatureError> {
        let spec = self.derived.get(name);
        Ok(Feature {
            name: name.to_owned(),
            expr: self.expr(name, &mut Vec::new())?,
            unit: spec.map(|s| s.unit.clone()).unwrap_or_default(),
            limit: spec.and_then(|s| s.limit).map(|limit| limit as f32),
        })
    }

    fn expr(&self, name: &str, open: &mut Vec<String>) -> Result<Expr, FeatureError> {
        if let Ok(column) = self.columns.column(name) {
            return match column {
                Column::Number(_) => Ok(Expr::Column(name.to_owned())),
                Column::Text(_) => Err(FeatureError::TextInArithmetic(name.to_owned())),
            };
        }
        let Some(spec) = self.derived.get(name) else {
            return Err(self.unknown(name));
        };
        if open.iter().any(|o| o == name) {
            return Err(FeatureError::Cycle(name.to_owned()));
        }
        open.push(name.to_owned());
        let expr = parse(&spec.formula)?;
        self.check_picks(&expr)?;
        let expr = expr.substitute(&mut |column| self.expr(column, open).map(Some))?;
        open.pop();
        Ok(expr)
    }

    fn check_picks(&self, expr: &Expr) -> Result<(), FeatureError> {
        let mut result = Ok(());
        expr.visit(&mut |part| {
            if let Expr::Pick { column, .. } = part {
                match self.columns.column(column) {
                    Ok(Column::Text(_)) => {}
                    Ok(Column::Number(_)) => {
                        result = Err(FeatureError::PickFromNumbers(column.clone()));
                    }
                    Err(_) => result = Err(self.unknown(column)),
                }
            }
        });
        result
    }

    fn unknown(&self, name: &str) -> FeatureError {
        let known = self.columns.names().iter().chain(self.derived.keys()).map(String::as_str);
        let hint = gauntlet_core::nearest(name, known)
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        FeatureError::Unknown { recipe: self.recipe.to_owned(), name: name.to_owned(), hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Split;

    fn frame() -> Frame {
        let number = |values: &[f64]| Column::Number(values.to_vec());
        Frame::new([
            ("Ta".to_owned(), number(&[300.0, 298.1, 299.9])),
            ("Tp".to_owned(), number(&[308.6, 306.7, 308.5])),
            ("Type".to_owned(), Column::Text(vec!["M".into(), "L".into(), "M".into()])),
        ])
        .unwrap()
    }

    fn derived(pairs: &[(&str, &str)]) -> BTreeMap<String, DerivedSpec> {
        let spec = |formula: &str| DerivedSpec {
            formula: formula.to_owned(),
            unit: "K".to_owned(),
            limit: Some(0.0),
        };
        pairs.iter().map(|(name, formula)| ((*name).to_owned(), spec(formula))).collect()
    }

    fn plan(features: &[&str], derivations: &[(&str, &str)]) -> Result<RecipePlan, FeatureError> {
        let features: Vec<String> = features.iter().map(|f| (*f).to_owned()).collect();
        RecipePlan::check("r", &features, &derived(derivations), &frame())
    }

    fn fitted(plan: &RecipePlan) -> Recipe {
        let table =
            Table { frame: frame(), label: vec![true; 3], group: vec![0; 3], row: vec![0, 1, 2] };
        let split = Split { train: vec![0, 1], test: vec![2] };
        plan.fit(&split.seal(&table, 3).unwrap().0).unwrap()
    }

    #[test]
    fn a_margin_is_taken_in_f64_and_keeps_its_sign_through_the_cast() {
        let recipe = fitted(&plan(&["dt"], &[("dt", "(Tp - Ta) - 8.6")]).unwrap());
        let margin = recipe.apply(&frame()).unwrap().columns[0].clone();
        let exact: Vec<f64> =
            vec![(308.6 - 300.0) - 8.6, (306.7 - 298.1) - 8.6, (308.5 - 299.9) - 8.6];
        for (cast, exact) in margin.iter().zip(&exact) {
            assert_eq!(f64::from(*cast) < 0.0, *exact < 0.0);
        }
        assert!((308.6_f32 - 300.0_f32) - 8.6_f32 != margin[0], "f32 arithmetic differs");
    }

    #[test]
    fn a_text_column_becomes_one_feature_per_category_seen_in_training() {
        let recipe = fitted(&plan(&["Type", "Ta"], &[]).unwrap());
        let matrix = recipe.apply(&frame()).unwrap();
        assert_eq!(matrix.names, ["Type_L", "Type_M", "Ta"]);
        assert_eq!(matrix.columns[0], [0.0, 1.0, 0.0]);
        assert_eq!(recipe.inputs[0].kind, RawKind::Category(vec!["L".into(), "M".into()]));
    }

    #[test]
    fn derived_features_may_use_each_other_but_not_themselves() {
        let recipe = fitted(&plan(&["b"], &[("a", "Tp - Ta"), ("b", "a * 2")]).unwrap());
        assert_eq!(recipe.features[0].expr.to_string(), "((Tp - Ta) * 2.0)");
        assert_eq!(
            plan(&["a"], &[("a", "b + 1"), ("b", "a")]),
            Err(FeatureError::Cycle("a".to_owned()))
        );
    }

    #[test]
    fn unknown_names_get_the_nearest_known_one() {
        let message = plan(&["Tq"], &[]).unwrap_err().to_string();
        assert!(message.contains("`Tq`") && message.contains("did you mean `T"), "{message}");
    }

    #[test]
    fn text_is_not_computed_with() {
        assert_eq!(
            plan(&["x"], &[("x", "Type + 1")]),
            Err(FeatureError::TextInArithmetic("Type".into()))
        );
        assert_eq!(
            plan(&["x"], &[("x", "pick(Ta, L = 1)")]),
            Err(FeatureError::PickFromNumbers("Ta".into()))
        );
    }

    #[test]
    fn the_toml_for_the_bundle_parses_back_formula_by_formula() {
        let recipe = fitted(&plan(&["Type", "dt"], &[("dt", "(Tp - Ta) - 8.6")]).unwrap());
        let toml = recipe.to_toml();
        assert!(toml.contains("formula = \"((Tp - Ta) - 8.6)\""), "{toml}");
        assert!(toml.contains("pick(Type, L = 1.0, else = 0.0)"), "{toml}");
    }
}
