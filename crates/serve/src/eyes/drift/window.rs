//! The rows that were asked lately: a ring of fixed size.

use super::sensors::{SensorId, Sensors};

/// Rows in the order of their coming, at most as many as the window is long.
///
/// Takes 4 bytes per cell and score, and 12 bytes and at most two names per row; grows as rows come.
#[derive(Debug)]
pub(crate) struct Window {
    fields: usize,
    rows: usize,
    /// The row that is replaced next, once the window is full.
    oldest: usize,
    cells: Vec<f32>,
    scores: Vec<f32>,
    /// Milliseconds since the monitor began.
    times: Vec<u64>,
    ids: Vec<SensorId>,
    sensors: Sensors,
}

/// Rows picked from a window, column by column, in order of sensor and time.
#[derive(Debug, Default)]
pub(crate) struct Picked {
    pub(crate) columns: Vec<Vec<f32>>,
    pub(crate) scores: Vec<f32>,
}

impl Window {
    /// An empty window of at most `rows` rows of `fields` cells.
    pub(crate) fn new(fields: usize, rows: usize) -> Self {
        Self {
            fields,
            rows: rows.max(1),
            oldest: 0,
            cells: Vec::new(),
            scores: Vec::new(),
            times: Vec::new(),
            ids: Vec::new(),
            sensors: Sensors::default(),
        }
    }

    /// Adds a row, replacing the oldest of a full window. `cells` gives as many as the window has fields.
    pub(crate) fn push(
        &mut self,
        time: u64,
        sensor: Option<&str>,
        cells: impl Iterator<Item = f32>,
        score: f32,
    ) {
        if self.times.len() < self.rows {
            let id = self.sensors.take(sensor);
            self.cells.extend(cells.take(self.fields));
            self.cells.resize((self.times.len() + 1) * self.fields, f32::NAN);
            self.scores.push(score);
            self.times.push(time);
            self.ids.push(id);
            return;
        }
        let row = self.oldest;
        self.oldest = (row + 1) % self.rows;
        // Released first, so that a window full of different sensors still has a number free.
        self.sensors.release(self.ids[row]);
        self.ids[row] = self.sensors.take(sensor);
        let place = row * self.fields..(row + 1) * self.fields;
        self.cells[place].iter_mut().zip(cells).for_each(|(old, new)| *old = new);
        self.scores[row] = score;
        self.times[row] = time;
    }

    /// Memory that the window holds, about.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let numbers = 4 * (self.cells.capacity() + self.scores.capacity());
        let rows = 8 * self.times.capacity() + size_of::<SensorId>() * self.ids.capacity();
        numbers + rows + self.sensors.bytes()
    }

    /// The rows since `since`, of one sensor or of all.
    ///
    /// Rows of one sensor stand together: what they have in common then shows as dependence.
    pub(crate) fn pick(&self, since: u64, sensor: Option<&str>) -> Picked {
        let wanted = match sensor.map(|name| self.sensors.find(name)) {
            Some(None) => return Picked::default(),
            Some(found) => found,
            None => None,
        };
        let count = self.times.len();
        let start = if count < self.rows { 0 } else { self.oldest };
        let mut rows: Vec<usize> = (0..count)
            .map(|i| (start + i) % count)
            .filter(|&row| self.times[row] >= since)
            .filter(|&row| wanted.is_none_or(|id| self.ids[row] == id))
            .collect();
        rows.sort_by_key(|&row| self.ids[row]);
        let rows = &rows;
        let column =
            move |field: usize| rows.iter().map(move |row| self.cells[row * self.fields + field]);
        Picked {
            columns: (0..self.fields).map(|field| column(field).collect()).collect(),
            scores: rows.iter().map(|&row| self.scores[row]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(rows: u8) -> Window {
        let mut window = Window::new(2, 4);
        for i in 0..rows {
            let sensor = (i % 2 == 0).then_some("even");
            let value = f32::from(i);
            window.push(u64::from(i) * 10, sensor, [value, -value].into_iter(), value / 10.0);
        }
        window
    }

    #[test]
    fn the_latest_rows_are_kept_in_order() {
        let picked = filled(6).pick(0, None);
        // Rows without a sensor stand first.
        assert_eq!(picked.columns, [[3.0, 5.0, 2.0, 4.0], [-3.0, -5.0, -2.0, -4.0]]);
        assert_eq!(picked.scores, [0.3, 0.5, 0.2, 0.4]);
    }

    #[test]
    fn rows_are_picked_by_time_and_sensor() {
        assert_eq!(filled(6).pick(40, None).columns[0], [5.0, 4.0]);
        assert_eq!(filled(6).pick(0, Some("even")).columns[0], [2.0, 4.0]);
        assert_eq!(filled(3).pick(0, Some("even")).columns[0], [0.0, 2.0]);
        assert!(filled(6).pick(0, Some("odd")).columns.is_empty());
    }
}
