//! From nodes to steps. Whatever cannot be run is found and named here.

mod binary;
mod cast;
mod classical;
mod encode;
mod linear;
mod number;
mod pick;
mod post;
mod product;
mod reduce;
mod shape;
mod svm;
mod unary;

pub(super) use classical::matrix;
pub(super) use linear::Classes;
pub(super) use number::Float;
pub(super) use post::{Post, probit};

use super::node::Node;
use super::plan::Compiled;
use super::trees;
use crate::engine::EngineError;

type Result<T = Compiled> = std::result::Result<T, EngineError>;

/// Compiles a node.
pub(super) fn compile(node: &Node<'_>) -> Result {
    if node.is_ml() {
        return match node.kind() {
            "ArrayFeatureExtractor" => pick::features(node),
            "Binarizer" => classical::binarizer(node),
            "CategoryMapper" => encode::category_mapper(node),
            "FeatureVectorizer" => classical::feature_vectorizer(node),
            "Imputer" => classical::imputer(node),
            "LabelEncoder" => encode::label_encoder(node),
            "LinearClassifier" => linear::classifier(node),
            "LinearRegressor" => linear::regressor(node),
            "Normalizer" => classical::normalizer(node),
            "OneHotEncoder" => encode::one_hot(node),
            "Scaler" => classical::scaler(node),
            "SVMClassifier" => svm::classifier(node),
            "SVMRegressor" => svm::regressor(node),
            "TreeEnsembleClassifier" => trees::classifier(node),
            "TreeEnsembleRegressor" => trees::regressor(node),
            "ZipMap" => classical::zip_map(node),
            _ => Err(node.error("the operator is not supported")),
        };
    }
    if !node.domain().is_empty() {
        return Err(node.error("operators of this domain are not supported"));
    }
    match node.kind() {
        "Constant" => shape::constant(node),
        "Identity" => shape::identity(node),
        "Dropout" => shape::dropout(node),
        "Reshape" => shape::reshape(node),
        "Flatten" => shape::flatten(node),
        "Squeeze" => shape::squeeze(node),
        "Unsqueeze" => shape::unsqueeze(node),
        "Transpose" => pick::transpose(node),
        "Concat" => pick::concat(node),
        "Gather" => pick::gather(node),
        "Slice" => pick::slice(node),
        "Split" => pick::split(node),
        "Cast" => cast::cast(node),
        "Where" => binary::select(node),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" => binary::arithmetic(node),
        "Sum" | "Mean" | "Max" | "Min" => binary::variadic(node),
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" => binary::compare(node),
        "And" | "Or" | "Xor" => binary::logic(node),
        "PRelu" => binary::leaky(node),
        "MatMul" => product::matmul(node),
        "Gemm" => product::gemm(node),
        "BatchNormalization" => product::batch_normalization(node),
        "Softmax" | "LogSoftmax" => reduce::softmax(node),
        "ArgMax" | "ArgMin" => reduce::arg(node),
        op if op.starts_with("Reduce") => reduce::reduce(node),
        _ => unary::compile(node),
    }
}
