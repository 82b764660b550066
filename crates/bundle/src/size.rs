//! How large a model is, and what a node of its trees takes.

use prost::Message as _;

use crate::engine::EngineError;
use crate::onnx::ModelProto;
use crate::proto::ML;
use crate::trees::Operator;

/// Size of an ONNX model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSize {
    /// Bytes of the file.
    pub bytes: usize,
    /// Trees of all ensembles.
    pub trees: usize,
    /// Nodes of all trees, leaves included.
    pub nodes: usize,
}

impl ModelSize {
    /// Measures a model.
    ///
    /// # Errors
    /// Bytes that are no ONNX.
    pub fn of(model: &[u8]) -> Result<Self, EngineError> {
        let bytes = model.len();
        let graph = ModelProto::decode(model)?.graph.unwrap_or_default();
        let mut size = Self { bytes, trees: 0, nodes: 0 };
        for node in &graph.node {
            if node.domain() != ML || Operator::named(node.op_type()).is_none() {
                continue;
            }
            let ids = node.attribute.iter().find(|a| a.name() == "nodes_nodeids");
            for id in ids.iter().flat_map(|a| &a.ints) {
                size.nodes += 1;
                size.trees += usize::from(*id == 0);
            }
        }
        Ok(size)
    }

    /// Bytes of the file per node of its trees; nothing if it has none.
    #[must_use]
    pub fn bytes_per_node(&self) -> Option<f64> {
        (self.nodes > 0).then(|| self.bytes as f64 / self.nodes as f64)
    }
}
