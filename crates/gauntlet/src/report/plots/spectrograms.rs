//! Spectrograms one below the other, on one scale of colours.

use plotters::style::RGBColor;

use super::axis::{Axis, Scale, Tick, round_ticks};
use super::canvas::{Anchor, Type};
use super::error::{PlotError, within};
use super::frame::{Side, frame};
use super::look::INK;
use super::page::{MARGIN, WIDTH, page};

const CHART: f64 = 200.0;
const HEAD: f64 = 26.0;
const BELOW: f64 = 60.0;

/// Frames are pooled to about so many columns.
const COLUMNS: usize = 160;

/// Colours that are told apart.
const STEPS: usize = 24;

/// From faint to loud; rising in lightness, for those who see no colours.
const RAMP: [(f64, f64, f64); 5] = [
    (68.0, 1.0, 84.0),
    (59.0, 82.0, 139.0),
    (33.0, 145.0, 140.0),
    (94.0, 201.0, 98.0),
    (253.0, 231.0, 37.0),
];

/// One spectrogram.
#[derive(Debug, Clone)]
pub(crate) struct Spectrogram {
    pub(crate) name: String,
    /// Values of a frame.
    pub(crate) bands: usize,
    /// Decibels, `frames x bands`.
    pub(crate) values: Vec<f32>,
}

/// Draws spectrograms whose frames are `hop` seconds apart.
///
/// # Errors
/// No spectrogram, one without frames, or a value that is not finite.
pub(crate) fn spectrograms(
    title: &str,
    subtitle: &str,
    shown: &[Spectrogram],
    hop: f64,
) -> Result<String, PlotError> {
    if shown.is_empty() {
        return Err(PlotError::Empty { plot: "spectrograms" });
    }
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    for spectrogram in shown {
        if spectrogram.bands == 0 || spectrogram.values.len() < spectrogram.bands {
            return Err(PlotError::EmptyCurve { name: spectrogram.name.clone() });
        }
        for value in &spectrogram.values {
            let all = (f64::MIN, f64::MAX);
            let value = within(&spectrogram.name, "the level", f64::from(*value), all)?;
            (low, high) = (low.min(value), high.max(value));
        }
    }
    let height = HEAD + CHART + BELOW;
    page(title, subtitle, height * shown.len() as f64 + MARGIN, |canvas, top| {
        for (i, spectrogram) in shown.iter().enumerate() {
            let upper = top + height * i as f64 + HEAD;
            let frames = spectrogram.values.len() / spectrogram.bands;
            let seconds = frames as f64 * hop;
            let bands = spectrogram.bands as f64;
            let (from, to) = (88.0, WIDTH - 40.0);
            let x = Axis { scale: Scale::Linear, low: 0.0, high: seconds, from, to };
            let y = Axis {
                scale: Scale::Linear,
                low: 0.0,
                high: bands,
                from: upper + CHART,
                to: upper,
            };
            canvas.text(
                &spectrogram.name,
                (MARGIN, upper - HEAD + 10.0),
                Type::bold(14.0, INK, Anchor::Left),
            )?;
            let inside = |ticks: Vec<Tick>, most: f64| -> Vec<Tick> {
                ticks.into_iter().filter(|tick| tick.value <= most).collect()
            };
            let x_ticks = inside(round_ticks(0.0, seconds, 8), seconds);
            let y_ticks = inside(round_ticks(0.0, bands, 4), bands);
            frame(
                canvas,
                &Side { axis: x, ticks: &x_ticks, name: "seconds" },
                &Side { axis: y, ticks: &y_ticks, name: "mel band" },
            )?;
            let step = frames.div_ceil(COLUMNS).max(1);
            for start in (0..frames).step_by(step) {
                let end = (start + step).min(frames);
                for band in 0..spectrogram.bands {
                    let of = |frame: usize| {
                        f64::from(spectrogram.values[frame * spectrogram.bands + band])
                    };
                    let mean = (start..end).map(of).sum::<f64>() / (end - start) as f64;
                    let share = (mean - low) / (high - low).max(f64::MIN_POSITIVE);
                    canvas.rectangle(
                        (x.at(start as f64 * hop), y.at(band as f64 + 1.0)),
                        (x.at(end as f64 * hop), y.at(band as f64)),
                        colour(share),
                    )?;
                }
            }
        }
        Ok(())
    })
}

/// The colour of a share of the scale.
fn colour(share: f64) -> RGBColor {
    let share = (share * STEPS as f64).round() / STEPS as f64;
    let place = share.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let at = (place as usize).min(RAMP.len() - 2);
    let part = place - at as f64;
    let mix = |a: f64, b: f64| (a + (b - a) * part).round() as u8;
    let (a, b) = (RAMP[at], RAMP[at + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: f32) -> Spectrogram {
        let values = (0..640).map(|i| value + (i % 64) as f32).collect();
        Spectrogram { name: "fan 00, normal clip 1".into(), bands: 64, values }
    }

    #[test]
    fn it_is_named_and_its_bytes_repeat() {
        let draw =
            || spectrograms("t", "SIMULATED DATA", &[one(-80.0), one(-60.0)], 0.032).unwrap();
        let svg = draw();
        for word in ["fan 00, normal clip 1", "seconds", "mel band", "SIMULATED DATA"] {
            assert!(svg.contains(word), "{word}");
        }
        assert_eq!(svg, draw());
    }

    #[test]
    fn nothing_to_draw_is_refused() {
        assert!(spectrograms("t", "s", &[], 0.032).is_err());
        assert!(spectrograms("t", "s", &[one(f32::NAN)], 0.032).is_err());
        let empty = Spectrogram { values: Vec::new(), ..one(0.0) };
        assert!(spectrograms("t", "s", &[empty], 0.032).is_err());
    }

    #[test]
    fn louder_is_lighter() {
        let light = |share| {
            let RGBColor(r, g, b) = colour(share);
            u32::from(r) + u32::from(g) + u32::from(b)
        };
        assert!(light(0.0) < light(0.5) && light(0.5) < light(1.0));
    }
}
