//! The text format of Prometheus, version 0.0.4: a family has its help, its type and its samples.

use std::fmt::{Display, Write};
use std::time::Duration;

/// The type of the content.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text in the making.
#[derive(Debug, Default)]
pub struct Text {
    text: String,
}

impl Text {
    /// A counter without labels.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "counter", help);
        self.sample(name, "", value);
    }

    /// A gauge without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.sample(name, "", value);
    }

    /// A counter with one label. Contract: its values need no escapes.
    pub fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl Iterator<Item = (&'static str, u64)>,
    ) {
        self.head(name, "counter", help);
        self.labelled(name, label, samples);
    }

    /// A gauge with one label. Contract: its values need no escapes.
    pub fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl Iterator<Item = (&'static str, u64)>,
    ) {
        self.head(name, "gauge", help);
        self.labelled(name, label, samples);
    }

    /// A gauge that is 1 and has its meaning in its labels, already in braces.
    pub fn info(&mut self, name: &str, help: &str, labels: &str) {
        self.head(name, "gauge", help);
        self.sample(name, labels, 1);
    }

    /// A histogram. `buckets` has one number more than there are bounds, and each counts what is in no bucket before it.
    pub fn histogram(
        &mut self,
        name: &str,
        help: &str,
        bounds: &[Duration],
        (buckets, sum): (Vec<u64>, Duration),
    ) {
        self.head(name, "histogram", help);
        let bounds = bounds.iter().map(|bound| bound.as_secs_f64().to_string());
        let mut count = 0;
        for (bound, bucket) in bounds.chain(["+Inf".to_owned()]).zip(buckets) {
            count += bucket;
            self.sample(&format!("{name}_bucket"), &format!("{{le=\"{bound}\"}}"), count);
        }
        self.sample(&format!("{name}_sum"), "", sum.as_secs_f64());
        self.sample(&format!("{name}_count"), "", count);
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn labelled(
        &mut self,
        name: &str,
        label: &str,
        samples: impl Iterator<Item = (&'static str, u64)>,
    ) {
        for (value, count) in samples {
            self.sample(name, &format!("{{{label}=\"{value}\"}}"), count);
        }
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("{name}{labels} {value}\n"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).expect("a String takes everything that is written to it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buckets_of_a_histogram_include_those_before_them() {
        let mut text = Text::default();
        let bounds = [Duration::from_micros(10), Duration::from_millis(250)];
        let took = Duration::from_millis(1_500);
        text.histogram("x_seconds", "How long.", &bounds, (vec![2, 0, 1], took));
        assert_eq!(
            text.finish(),
            "# HELP x_seconds How long.\n# TYPE x_seconds histogram\n\
             x_seconds_bucket{le=\"0.00001\"} 2\nx_seconds_bucket{le=\"0.25\"} 2\n\
             x_seconds_bucket{le=\"+Inf\"} 3\nx_seconds_sum 1.5\nx_seconds_count 3\n"
        );
    }
}
