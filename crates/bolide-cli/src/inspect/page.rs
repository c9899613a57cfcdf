//! A report as a page for humans.

use super::report::{Entity, Report};
use super::table::{Column, Table};
use crate::terminal::{Style, count, plural, printable, size};

/// Rows of a table, except for that of functions.
const ROWS: usize = 40;

/// A page that is being written.
struct Page {
    text: String,
    width: Option<usize>,
    styled: bool,
}

/// The page about a module, for a terminal of some width.
pub(super) fn render(report: &Report, width: Option<usize>, styled: bool) -> String {
    let mut page = Page {
        text: String::new(),
        width,
        styled,
    };
    page.title(report);
    page.sections(report);
    page.imports(report);
    page.exports(report);
    page.functions(report);
    page.memories(report);
    page.data(report);
    page.entities("Tables", &report.tables);
    page.elements(report);
    page.entities("Globals", &report.globals);
    page.entities("Tags", &report.tags);
    page.producers(report);
    page.target_features(report);
    page.text
}

fn quoted(name: &Option<String>) -> String {
    name.as_deref().unwrap_or_default().to_owned()
}

fn address(value: u64) -> String {
    format!("{value:#08x}")
}

impl Page {
    fn heading(&mut self, title: &str, note: &str) {
        self.text.push('\n');
        self.text
            .push_str(&Style::Heading.apply(title, self.styled));
        if !note.is_empty() {
            self.text.push_str("  ");
            self.text.push_str(&Style::Quiet.apply(note, self.styled));
        }
        self.text.push('\n');
    }

    fn table(&mut self, table: &Table) {
        self.text.push_str(&table.render(self.width, self.styled));
    }

    fn more(&mut self, total: usize, shown: usize) {
        if total > shown {
            let note = format!(
                "  … and {} more (all with --json)\n",
                count((total - shown) as u64)
            );
            self.text.push_str(&Style::Quiet.apply(&note, self.styled));
        }
    }

    fn title(&mut self, report: &Report) {
        let kind = match report.kind {
            "command" => "a program (WASI command)",
            "reactor" => "a library (WASI reactor)",
            "object" => "an object file, to be linked",
            _ => "a module",
        };
        let file = printable(&report.file);
        let file = Style::Strong.apply(&file, self.styled);
        let bytes = plural(report.size, "byte");
        let mut line = match report.size < 1024 {
            true => format!("{file}: {kind}, {bytes}\n"),
            false => format!("{file}: {kind}, {} ({bytes})\n", size(report.size)),
        };
        if let Some(name) = &report.name {
            line += &format!("  name: {}\n", printable(name));
        }
        if let Some(unsupported) = &report.unsupported {
            line += &format!(
                "  cannot be run yet: `{}` of the {} proposal at offset {:#x}\n",
                printable(&unsupported.what),
                unsupported.proposal,
                unsupported.offset
            );
        }
        self.text.push_str(&line);
    }

    fn sections(&mut self, report: &Report) {
        let total = report.size.max(1);
        self.heading("Sections", &plural(report.sections.len() as u64, "section"));
        let mut table = Table::new(&[
            Column::Right,
            Column::Right,
            Column::Right,
            Column::Flexible,
        ]);
        for section in report.sections.iter().take(ROWS) {
            let name = match section.custom {
                true => format!("\"{}\"", section.name),
                false => section.name.clone(),
            };
            let share = 100.0 * section.size as f64 / total as f64;
            table.row([
                address(section.offset),
                size(section.size),
                format!("{share:.1}%"),
                name,
            ]);
        }
        self.table(&table);
        self.more(report.sections.len(), ROWS);
    }

    fn imports(&mut self, report: &Report) {
        if report.imports.is_empty() {
            return;
        }
        self.heading("Imports", &plural(report.imports.len() as u64, "import"));
        let mut table = Table::new(&[Column::Flexible, Column::Flexible]);
        for import in report.imports.iter().take(ROWS) {
            table.row([
                format!("{}::{}", import.module, import.name),
                import.ty.clone(),
            ]);
        }
        self.table(&table);
        self.more(report.imports.len(), ROWS);
    }

    fn exports(&mut self, report: &Report) {
        if report.exports.is_empty() {
            return;
        }
        self.heading("Exports", &plural(report.exports.len() as u64, "export"));
        let mut table = Table::new(&[Column::Flexible, Column::Flexible]);
        for export in report.exports.iter().take(ROWS) {
            table.row([export.name.clone(), export.ty.clone()]);
        }
        self.table(&table);
        self.more(report.exports.len(), ROWS);
    }

    fn functions(&mut self, report: &Report) {
        let functions = &report.functions;
        if functions.defined + functions.imported == 0 {
            return;
        }
        let note = format!(
            "{} with {} of code, {} imported{}",
            plural(functions.defined.into(), "function"),
            size(functions.code_size),
            count(functions.imported.into()),
            if functions.largest.is_empty() {
                ""
            } else {
                "; largest first"
            },
        );
        self.heading("Functions", &note);
        let total = functions.code_size.max(1) as f64;
        let mut table = Table::new(&[
            Column::Right,
            Column::Right,
            Column::Right,
            Column::Flexible,
            Column::Flexible,
        ]);
        for function in &functions.largest {
            let share = 100.0 * f64::from(function.size) / total;
            table.row([
                size(function.size.into()),
                format!("{share:.1}%"),
                format!("#{}", function.index),
                function
                    .name
                    .clone()
                    .unwrap_or_else(|| "(no name)".to_owned()),
                function.ty.clone(),
            ]);
        }
        self.table(&table);
        let (shown, defined) = (functions.largest.len(), functions.defined as usize);
        if shown > 0 && defined > shown {
            let note = format!(
                "  … and {} more (--functions N shows N)\n",
                count((defined - shown) as u64)
            );
            self.text.push_str(&Style::Quiet.apply(&note, self.styled));
        }
        if let Some(start) = report.start {
            self.text
                .push_str(&format!("  function #{start} runs at instantiation\n"));
        }
    }

    fn memories(&mut self, report: &Report) {
        for memory in &report.memories {
            let bytes = |bytes: u128| size(u64::try_from(bytes).unwrap_or(u64::MAX));
            let mut note = format!(
                "{}, {} at first",
                memory.entity.ty,
                bytes(memory.initial_bytes)
            );
            if let Some(maximum) = memory.maximum_bytes {
                note += &format!(", at most {}", bytes(maximum));
            }
            if memory.entity.imported {
                note += ", imported";
            }
            note += &format!(", {} of data", size(memory.data_bytes));
            let name = match &memory.entity.name {
                Some(name) => format!("Memory {} \"{}\"", memory.entity.index, printable(name)),
                None => format!("Memory {}", memory.entity.index),
            };
            self.heading(&name, &note);
            let mut table = Table::new(&[
                Column::Right,
                Column::Right,
                Column::Right,
                Column::Flexible,
            ]);
            for region in memory.layout.iter().take(ROWS) {
                let (end, length) = match region.end == region.start {
                    true => (String::new(), String::new()),
                    false => (address(region.end), size(region.end - region.start)),
                };
                table.row([address(region.start), end, length, region.what.clone()]);
            }
            self.table(&table);
            self.more(memory.layout.len(), ROWS);
        }
    }

    /// Segments that are not in the layout of a memory.
    fn data(&mut self, report: &Report) {
        let in_layout = |offset: &String| offset.parse::<i64>().is_ok();
        let segments: Vec<_> = report
            .data
            .iter()
            .filter(|data| !data.offset.as_ref().is_some_and(in_layout))
            .collect();
        if segments.is_empty() {
            return;
        }
        self.heading("Data segments without a fixed place", "");
        let mut table = Table::new(&[Column::Right, Column::Right, Column::Left, Column::Flexible]);
        for data in segments.iter().take(ROWS) {
            let place = match (data.memory, &data.offset) {
                (Some(memory), Some(offset)) => format!("memory {memory} at {offset}"),
                _ => data.mode.to_owned(),
            };
            table.row([
                format!("#{}", data.index),
                size(data.size.into()),
                place,
                quoted(&data.name),
            ]);
        }
        self.table(&table);
        self.more(segments.len(), ROWS);
    }

    fn elements(&mut self, report: &Report) {
        if report.elements.is_empty() {
            return;
        }
        self.heading(
            "Element segments",
            &plural(report.elements.len() as u64, "segment"),
        );
        let mut table = Table::new(&[Column::Right, Column::Left, Column::Left, Column::Flexible]);
        for segment in report.elements.iter().take(ROWS) {
            let place = match (segment.table, &segment.offset) {
                (Some(table), Some(offset)) => format!("table {table} at {offset}"),
                _ => segment.mode.to_owned(),
            };
            let what = format!("{} of {}", plural(segment.count, "element"), segment.ty);
            table.row([
                format!("#{}", segment.index),
                what,
                place,
                quoted(&segment.name),
            ]);
        }
        self.table(&table);
        self.more(report.elements.len(), ROWS);
    }

    fn entities(&mut self, title: &str, entities: &[Entity]) {
        if entities.is_empty() {
            return;
        }
        let noun = title.trim_end_matches('s').to_lowercase();
        self.heading(title, &plural(entities.len() as u64, &noun));
        let mut table = Table::new(&[
            Column::Right,
            Column::Flexible,
            Column::Flexible,
            Column::Flexible,
        ]);
        for entity in entities.iter().take(ROWS) {
            let init = match (&entity.init, entity.imported) {
                (Some(init), _) => format!("= {init}"),
                (None, true) => "imported".to_owned(),
                (None, false) => String::new(),
            };
            table.row([
                format!("#{}", entity.index),
                entity.ty.clone(),
                init,
                quoted(&entity.name),
            ]);
        }
        self.table(&table);
        self.more(entities.len(), ROWS);
    }

    fn producers(&mut self, report: &Report) {
        if report.producers.is_empty() {
            return;
        }
        self.heading("Producers", "");
        let mut table = Table::new(&[Column::Left, Column::Flexible, Column::Flexible]);
        for producer in report.producers.iter().take(ROWS) {
            table.row([
                producer.field.clone(),
                producer.name.clone(),
                producer.version.clone(),
            ]);
        }
        self.table(&table);
    }

    fn target_features(&mut self, report: &Report) {
        if report.target_features.is_empty() {
            return;
        }
        self.heading("Target features", "");
        let features = report.target_features.iter().map(|feature| {
            let sign = if feature.used { '+' } else { '-' };
            format!("{sign}{}", printable(&feature.name))
        });
        let width = self.width.unwrap_or(usize::MAX);
        let mut line = String::new();
        for feature in features {
            if !line.is_empty() && line.len() + 1 + feature.len() > width {
                self.text.push_str(&(line + "\n"));
                line = String::new();
            }
            line.push_str(if line.is_empty() { "  " } else { " " });
            line.push_str(&feature);
        }
        self.text.push_str(&(line + "\n"));
    }
}
