//! The numbers of a plot as a grid, for those who read them rather than see them.

use std::collections::BTreeMap;

use super::{Figure, Grid, Plot, Series, Tone, number::figure};

impl Plot {
    /// What is drawn, as rows and columns.
    #[must_use]
    pub fn numbers(&self) -> Grid {
        let (corner, series) = match self {
            Self::Lines { x, series, .. } | Self::Bars { x, series, .. } => (&x.label, series),
        };
        let columns = series.iter().map(column).collect();
        let mut rows: BTreeMap<Place, Vec<Figure>> = BTreeMap::new();
        for (number, series) in series.iter().enumerate() {
            for (point, (x, value)) in series.points.iter().enumerate() {
                let row = rows.entry(Place(*x)).or_insert_with(|| vec![missing(); self.series_count()]);
                let ends = series.band.as_ref().and_then(|band| band.ends.get(point));
                let text = match ends {
                    Some((low, high)) => format!("{} ({}–{})", figure(*value), figure(*low), figure(*high)),
                    None => figure(*value),
                };
                if let Some(cell) = row.get_mut(number) {
                    *cell = Figure { text, tone: Tone::Plain };
                }
            }
        }
        let rows = rows.into_iter().map(|(Place(x), cells)| (self.place_name(x), cells)).collect();
        Grid { corner: corner.clone(), columns, rows }
    }

    /// What its numbers are: the label of the y axis.
    #[must_use]
    pub fn measure(&self) -> &str {
        match self {
            Self::Lines { y, .. } | Self::Bars { y, .. } => &y.label,
        }
    }

    fn series_count(&self) -> usize {
        match self {
            Self::Lines { series, .. } | Self::Bars { series, .. } => series.len(),
        }
    }

    fn place_name(&self, x: f64) -> String {
        match self {
            Self::Lines { .. } => figure(x),
            Self::Bars { names, .. } => names.get(x as usize).cloned().unwrap_or_else(|| figure(x)),
        }
    }
}

fn column(series: &Series) -> String {
    match &series.band {
        Some(band) => format!("{} ({})", series.name, band.label),
        None => series.name.clone(),
    }
}

fn missing() -> Figure {
    Figure { text: "–".into(), tone: Tone::Faint }
}

/// A place on the x axis, ordered.
struct Place(f64);

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
