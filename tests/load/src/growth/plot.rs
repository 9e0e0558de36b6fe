//! The curves as one SVG picture: a small panel for each figure, mailboxes to the right in powers of ten.

use std::fmt::Write as _;

use super::Step;

const PANEL_WIDTH: f64 = 300.0;
const PANEL_HEIGHT: f64 = 190.0;
/// Room in a panel for its title above, its axis below, and its labels at both sides.
const ABOVE: f64 = 40.0;
const BELOW: f64 = 38.0;
const BESIDE: f64 = 44.0;

struct Panel {
    title: &'static str,
    /// `None` where the system did not tell.
    figure: fn(&Step) -> Option<f64>,
    label: fn(f64) -> String,
}

const PANELS: [Panel; 4] = [
    Panel {
        title: "messages per second",
        figure: |step| Some(step.messages_per_second),
        label: |figure| format!("{figure:.0}"),
    },
    Panel {
        title: "send to arrival, 99th percentile, ms",
        figure: |step| Some(step.delivered_p99),
        label: |figure| format!("{figure:.1}"),
    },
    Panel {
        title: "memory after the start, MiB",
        figure: |step| step.resident_bytes.map(|bytes| bytes as f64 / 1_048_576.0),
        label: |figure| format!("{figure:.0}"),
    },
    Panel {
        title: "back after kill -9, seconds",
        figure: |step| Some(step.restart_seconds),
        label: |figure| format!("{figure:.1}"),
    },
];

pub(super) fn draw(steps: &[Step]) -> String {
    let (width, height) = (2.0 * PANEL_WIDTH, 2.0 * PANEL_HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (number, panel) in PANELS.iter().enumerate() {
        let (left, top) = ((number % 2) as f64 * PANEL_WIDTH, (number / 2) as f64 * PANEL_HEIGHT);
        panel.draw(&mut svg, steps, left, top);
    }
    svg + "</svg>\n"
}

impl Panel {
    fn draw(&self, svg: &mut String, steps: &[Step], left: f64, top: f64) {
        let decades = |mailboxes: u32| f64::from(mailboxes.max(1)).log10();
        let first = steps.iter().map(|step| decades(step.mailboxes)).fold(f64::INFINITY, f64::min);
        let last = steps.iter().map(|step| decades(step.mailboxes)).fold(f64::NEG_INFINITY, f64::max);
        let most = steps.iter().filter_map(self.figure).fold(0.0, f64::max);
        let across = (last - first).max(f64::EPSILON);
        let x = |mailboxes: u32| {
            left + BESIDE + (decades(mailboxes) - first) / across * (PANEL_WIDTH - 2.0 * BESIDE)
        };
        let floor = top + PANEL_HEIGHT - BELOW;
        let y = |figure: f64| floor - figure / most.max(f64::EPSILON) * (PANEL_HEIGHT - ABOVE - BELOW);

        // Writing to a string can't fail.
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"bold\">{}</text>\n\
             <path d=\"M{:.0} {floor:.0}H{:.0}\" stroke=\"#999999\"/>",
            left + 16.0,
            top + 18.0,
            self.title,
            left + 16.0,
            left + PANEL_WIDTH - 16.0
        );
        // The labels lie on the line.
        let (mut line, mut points) = (String::new(), String::new());
        for step in steps {
            let at = x(step.mailboxes);
            let _ = writeln!(
                svg,
                "<text x=\"{at:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555555\">{}</text>",
                floor + 16.0,
                thousands(step.mailboxes)
            );
            let Some(figure) = (self.figure)(step) else { continue };
            let up = y(figure);
            let _ = write!(line, "{}{at:.1} {up:.1}", if line.is_empty() { "M" } else { "L" });
            let _ = writeln!(
                points,
                "<circle cx=\"{at:.1}\" cy=\"{up:.1}\" r=\"3\" fill=\"#1f5fa8\"/>\n\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" paint-order=\"stroke\" stroke=\"#ffffff\" \
                 stroke-width=\"4\">{}</text>",
                up - 8.0,
                (self.label)(figure)
            );
        }
        let _ = writeln!(
            svg,
            "<path d=\"{line}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.5\"/>\n\
             {points}<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555555\">mailboxes</text>",
            left + PANEL_WIDTH / 2.0,
            floor + 31.0
        );
    }
}

/// `10 k`, `1 M`: as an axis has room for.
fn thousands(count: u32) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{} k", count / 1_000),
        _ => format!("{} M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(mailboxes: u32, messages_per_second: f64) -> Step {
        Step {
            mailboxes,
            envelopes: 0,
            store_bytes: 0,
            start_seconds: 0.1,
            resident_bytes: None,
            join_millis: 1.0,
            messages_per_second,
            delivered_p50: 1.0,
            delivered_p99: 2.0,
            relay_cpu_micros: None,
            restart_seconds: 0.2,
            rounds: Vec::new(),
        }
    }

    #[test]
    fn each_figure_that_is_known_is_a_point_with_its_label() {
        let svg = draw(&[step(10_000, 400.0), step(1_000_000, 200.0)]);
        assert_eq!(svg.matches("<circle").count(), 6, "the memory was not told");
        assert!(svg.contains(">10 k<") && svg.contains(">1 M<") && svg.contains(">400<"));
        // The axis begins at zero: half as much is half as high.
        let heights: Vec<f64> = svg
            .split("cy=\"")
            .skip(1)
            .take(2)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        let floor = PANEL_HEIGHT - BELOW;
        assert!((floor - heights[0] - 2.0 * (floor - heights[1])).abs() < 0.2, "{heights:?}");
    }

    #[test]
    fn one_step_alone_is_drawn_too() {
        assert!(!draw(&[step(0, 0.0)]).contains("NaN"));
    }
}
