//! Contenders that hear a few frames at a time.

use std::path::Path;

use anyhow::{Context as _, Result};
use gauntlet_core::{Column, Frame, Table};
use gauntlet_data::audio::{ClipReader, Sounds};
use gauntlet_features::audio::{Channel, LogMel, stack};
use gauntlet_features::{Feature, Matrix, RawInput, RawKind, Recipe, Signal, parse};
use gauntlet_learn::{Samples, Target};

use super::heard::{Heard, UNIT};
use super::spec::FramesSpec;
use super::workshop::{Material, Workshop};

/// Reads the stacked frames of clips, one clip after another.
pub(super) struct Ear<'a> {
    spec: &'a FramesSpec,
    reader: ClipReader,
    log_mel: LogMel,
    frames: Vec<f32>,
    stacked: Vec<f32>,
    names: Vec<String>,
}

impl<'a> Ear<'a> {
    pub(super) fn new(spec: &'a FramesSpec, sounds: &Sounds, channel: Channel) -> Result<Self> {
        let names = signal(spec, channel).names()?;
        let (reader, log_mel) = (ClipReader::new(sounds, channel), LogMel::new(&spec.setup)?);
        Ok(Self { spec, reader, log_mel, frames: Vec::new(), stacked: Vec::new(), names })
    }

    /// The rows of the clip at `path`, one after another, and how many there are.
    fn hear(&mut self, path: &Path) -> Result<usize> {
        self.reader.frames(path, &mut self.log_mel, &mut self.frames)?;
        let Self { spec, frames, stacked, .. } = self;
        let rows = stack(frames, spec.setup.mels, spec.context, stacked);
        anyhow::ensure!(rows > 0, "{} is shorter than {} frames", path.display(), spec.context);
        Ok(rows)
    }

    /// The rows of a clip of the machine `unit`, as a bundle takes them.
    pub(super) fn frame(&mut self, path: &Path, unit: &str) -> Result<Frame> {
        let rows = self.hear(path)?;
        let width = self.names.len();
        let column = |i: usize| {
            let values = self.stacked.iter().skip(i).step_by(width);
            Column::Number(values.map(|value| f64::from(*value)).collect())
        };
        let columns = self.names.iter().enumerate().map(|(i, name)| (name.clone(), column(i)));
        let units = (UNIT.to_owned(), Column::Text(vec![unit.to_owned(); rows]));
        Ok(Frame::new(columns.chain([units]))?)
    }

    /// Every `stride`-th row of the clips in the files, as columns, with the clip of each row.
    fn columns(
        &mut self,
        files: &[(&Path, u32)],
        step: &dyn Fn(),
    ) -> Result<(Vec<Vec<f32>>, Vec<u32>)> {
        let width = self.names.len();
        let (mut columns, mut groups) = (vec![Vec::new(); width], Vec::new());
        for (path, group) in files {
            let rows = self.hear(path)?;
            for row in (0..rows).step_by(self.spec.stride) {
                let values = &self.stacked[row * width..(row + 1) * width];
                columns.iter_mut().zip(values).for_each(|(column, value)| column.push(*value));
                groups.push(*group);
            }
            step();
        }
        Ok((columns, groups))
    }
}

/// How a recording becomes rows, for a bundle's recipe.
pub(super) fn signal(spec: &FramesSpec, channel: Channel) -> Signal {
    Signal::AudioFrames { channel, setup: spec.setup.clone(), context: spec.context }
}

/// What a contender on frames learns from: rows of the training clips.
pub(super) fn material(
    workshop: &Workshop<'_>,
    spec: &FramesSpec,
    ear: &mut Ear<'_>,
    step: &dyn Fn(),
) -> Result<Material> {
    let heard = workshop.heard;
    let mut of_place = Vec::new();
    for place in heard.places(workshop.machine) {
        let own = workshop.train.part(&heard.of_place(&workshop.train, &place), &[]).0;
        let samples = own.try_map(|table| {
            let (columns, group) = ear.columns(&files(heard, table)?, step)?;
            let names = ear.names.clone();
            let limits = vec![None; names.len()];
            let count = group.len();
            let x = Matrix { names, columns, limits };
            let rows = (0..count as u32).collect();
            anyhow::Ok(Samples::new(x, Target::None(count), group, rows))
        })?;
        of_place.push((place, samples));
    }
    let channel = workshop.pipeline.spec.channel;
    let (recipe, signal) = (recipe(&ear.names), Some(signal(spec, channel)));
    Ok(Material { recipe: recipe?, of_place, folds: spec.folds, signal })
}

/// The files of the rows of `table`, each with its clip.
fn files<'a>(heard: &'a Heard, table: &Table) -> Result<Vec<(&'a Path, u32)>> {
    let of = |row: usize| Ok((file(heard, table.row[row])?, table.group[row]));
    (0..table.rows()).map(of).collect()
}

/// The file of a clip.
pub(super) fn file(heard: &Heard, row: u32) -> Result<&Path> {
    let row = row as usize;
    let file = heard.rows[row].file.as_deref();
    file.with_context(|| format!("a clip of {} has no file", heard.clips[row].place))
}

/// Every value of a row, as it is.
fn recipe(names: &[String]) -> Result<Recipe> {
    let input =
        |name: &String| RawInput { name: name.clone(), kind: RawKind::Number, nullable: false };
    let feature = |name: &String| {
        let (name, expr) = (name.clone(), parse(name)?);
        anyhow::Ok(Feature { name, expr, unit: "dB".to_owned(), limit: None })
    };
    Ok(Recipe {
        name: "frames".to_owned(),
        inputs: names.iter().map(input).collect(),
        features: names.iter().map(feature).collect::<Result<_>>()?,
    })
}
