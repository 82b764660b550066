//! Names of sensors as small numbers, for as long as the window holds a row of theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of the longest name that is kept; rows of longer ones count as rows without a sensor.
pub(crate) const LONGEST: usize = 128;

/// A sensor's number; 0 stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct SensorId(u16);

/// Names in use. There are never more than rows in the window.
#[derive(Debug, Default)]
pub(crate) struct Sensors {
    ids: BTreeMap<Arc<str>, SensorId>,
    /// Name and rows of sensor 1, 2, ...
    used: Vec<(Arc<str>, u32)>,
    free: Vec<SensorId>,
}

impl Sensors {
    /// The number of a sensor, counting one more row of it.
    pub(crate) fn take(&mut self, name: Option<&str>) -> SensorId {
        let Some(name) = name.filter(|name| name.len() <= LONGEST) else {
            return SensorId::default();
        };
        if let Some(id) = self.ids.get(name) {
            self.used[usize::from(id.0) - 1].1 += 1;
            return *id;
        }
        let name: Arc<str> = Arc::from(name);
        let id = match self.free.pop() {
            Some(id) => {
                self.used[usize::from(id.0) - 1] = (name.clone(), 1);
                id
            }
            None => match u16::try_from(self.used.len() + 1) {
                Ok(id) => {
                    self.used.push((name.clone(), 1));
                    SensorId(id)
                }
                Err(_) => return SensorId::default(),
            },
        };
        self.ids.insert(name, id);
        id
    }

    /// One row less of a sensor; its name is forgotten with the last.
    pub(crate) fn release(&mut self, id: SensorId) {
        let Some(place) = usize::from(id.0).checked_sub(1) else { return };
        let (name, rows) = &mut self.used[place];
        *rows -= 1;
        if *rows == 0 {
            self.ids.remove(name);
            self.free.push(id);
        }
    }

    /// Memory that the names hold, about: twice the map's own for its half-full nodes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<Arc<str>>() + size_of::<SensorId>();
        let names: usize = self.ids.keys().map(|name| 16 + name.len()).sum();
        let used = self.used.capacity() * size_of::<(Arc<str>, u32)>();
        names + 2 * self.ids.len() * entry + used + self.free.capacity() * size_of::<SensorId>()
    }

    /// The number of a sensor that the window has rows of.
    pub(crate) fn find(&self, name: &str) -> Option<SensorId> {
        self.ids.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_lives_as_long_as_its_rows_and_its_number_is_used_again() {
        let mut sensors = Sensors::default();
        let pump = sensors.take(Some("pump"));
        assert_eq!(sensors.take(Some("pump")), pump);
        let fan = sensors.take(Some("fan"));
        assert_ne!(fan, pump);
        sensors.release(pump);
        assert_eq!(sensors.find("pump"), Some(pump));
        sensors.release(pump);
        assert_eq!(sensors.find("pump"), None);
        assert_eq!(sensors.take(Some("valve")), pump);
        assert_eq!(sensors.find("fan"), Some(fan));
    }

    #[test]
    fn no_name_and_names_too_long_are_no_sensor() {
        let mut sensors = Sensors::default();
        assert_eq!(sensors.take(None), SensorId::default());
        assert_eq!(sensors.take(Some(&"x".repeat(LONGEST + 1))), SensorId::default());
        sensors.release(SensorId::default());
    }
}
