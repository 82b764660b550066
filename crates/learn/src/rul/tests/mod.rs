//! What holds of vectors, judgements and exported models, on simulated lives.

mod export;
mod judged;
mod laws;
mod simulate;
