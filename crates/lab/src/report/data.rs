//! The numbers of a plot as a grid, for those who read them rather than see them.

use super::{Axis, Figure, Grid, Mark, Plot, Series, Tone, number::figure};

impl Plot {
    /// What is drawn, as rows and columns.
    #[must_use]
    pub fn numbers(&self) -> Grid {
        let series = self.series();
        let mut places: Vec<f64> = series.iter().flat_map(|series| &series.points).map(|(x, _)| *x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let row = |x| (self.place_name(x), series.iter().map(|series| cell(series, x)).collect());
        Grid {
            corner: self.axes()[0].label.clone(),
            columns: series.iter().map(column).collect(),
            rows: places.into_iter().map(row).collect(),
        }
    }

    /// What its numbers are: the label of the y axis.
    #[must_use]
    pub fn measure(&self) -> &str {
        let [_, y] = self.axes();
        &y.label
    }

    /// The lines, or the bars.
    pub(super) fn series(&self) -> &[Series] {
        match self {
            Self::Lines { series, .. } | Self::Bars { series, .. } => series,
        }
    }

    /// To the right, and upwards.
    pub(super) fn axes(&self) -> [&Axis; 2] {
        match self {
            Self::Lines { x, y, .. } | Self::Bars { x, y, .. } => [x, y],
        }
    }

    /// What is pointed out.
    pub(super) fn marks(&self) -> &[Mark] {
        match self {
            Self::Lines { marks, .. } | Self::Bars { marks, .. } => marks,
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

/// The number of a series at a place; where a line goes straight up, the one it ends at.
fn cell(series: &Series, x: f64) -> Figure {
    let Some(point) = series.points.iter().rposition(|(place, _)| *place == x) else {
        return Figure { text: "–".into(), tone: Tone::Faint };
    };
    let value = figure(series.points[point].1);
    let ends = series.band.as_ref().and_then(|band| band.ends.get(point));
    let text = match ends {
        Some((low, high)) => format!("{value} ({}–{})", figure(*low), figure(*high)),
        None => value,
    };
    Figure { text, tone: Tone::Plain }
}
