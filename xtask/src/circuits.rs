//! `cargo xtask circuits`: looks for small circuits of the S-boxes of DES and writes them to
//! src/kernels/des/circuits.rs.
//!
//! A circuit is grown output by output: what it has already is used where it fits, then one or two
//! new gates on top of that, and where that does not do, the function is divided by one of the
//! inputs, and each half only has to be right where the input has its value (M. Kwan, "Reducing the
//! gate count of bitslice DES", 2000). Which input divides, and the order of the outputs, are drawn
//! by lot; the smallest of many circuits stays. The lots are the same in each run.

#[path = "../../src/kernels/des/boxes.rs"]
mod boxes;

use std::fmt::Write as _;

/// What a gate gives for all 64 inputs.
type Table = u64;

/// The tables of the six inputs; the first is the highest bit of the 64 positions.
const INPUTS: [Table; 6] = [
    0xFFFF_FFFF_0000_0000,
    0xFFFF_0000_FFFF_0000,
    0xFF00_FF00_FF00_FF00,
    0xF0F0_F0F0_F0F0_F0F0,
    0xCCCC_CCCC_CCCC_CCCC,
    0xAAAA_AAAA_AAAA_AAAA,
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pairs,
    Triples,
}

#[derive(Clone, Copy)]
enum Gate {
    Input,
    Not(usize),
    And(usize, usize),
    Or(usize, usize),
    Xor(usize, usize),
    AndNot(usize, usize),
    /// Any function of three: bit 4a + 2b + c of the byte.
    Lookup(u8, usize, usize, usize),
}

#[derive(Clone)]
struct Circuit {
    gates: Vec<(Gate, Table)>,
}

struct Lots(u64);

impl Lots {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 20) as usize) % end
    }

    fn shuffled<const N: usize>(&mut self) -> [usize; N] {
        let mut order = std::array::from_fn(|index| index);
        for end in (2..=N).rev() {
            order.swap(end - 1, self.below(end));
        }
        order
    }
}

impl Circuit {
    fn new() -> Self {
        Self { gates: INPUTS.iter().map(|table| (Gate::Input, *table)).collect() }
    }

    fn table(&self, index: usize) -> Table {
        self.gates[index].1
    }

    fn add(&mut self, gate: Gate) -> usize {
        let of = |index: usize| self.gates[index].1;
        let table = match gate {
            Gate::Input => 0,
            Gate::Not(a) => !of(a),
            Gate::And(a, b) => of(a) & of(b),
            Gate::Or(a, b) => of(a) | of(b),
            Gate::Xor(a, b) => of(a) ^ of(b),
            Gate::AndNot(a, b) => of(a) & !of(b),
            Gate::Lookup(byte, a, b, c) => lookup(byte, of(a), of(b), of(c)),
        };
        if let Some(same) = self.gates.iter().position(|(_, other)| *other == table) {
            return same;
        }
        self.gates.push((gate, table));
        self.gates.len() - 1
    }
}

fn lookup(byte: u8, a: Table, b: Table, c: Table) -> Table {
    let mut table = 0;
    for cell in 0..8 {
        if byte >> cell & 1 == 1 {
            let pick = |table: Table, bit: u8| if cell >> bit & 1 == 1 { table } else { !table };
            table |= pick(a, 2) & pick(b, 1) & pick(c, 0);
        }
    }
    table
}

/// The search for one circuit.
struct Search<'a> {
    kind: Kind,
    lots: &'a mut Lots,
    /// Circuits of this many gates are of no use.
    limit: usize,
}

impl Search<'_> {
    /// A gate that is `target` where `mask` is set; `divided` are the inputs that made the mask.
    fn grow(
        &mut self,
        circuit: &mut Circuit,
        target: Table,
        mask: Table,
        divided: u8,
    ) -> Option<usize> {
        let fits = |table: Table| (table ^ target) & mask == 0;
        if let Some(index) = circuit.gates.iter().position(|(_, table)| fits(*table)) {
            return Some(index);
        }
        if circuit.gates.len() >= self.limit {
            return None;
        }
        let found = match self.kind {
            Kind::Pairs => self.pairs(circuit, target, mask),
            Kind::Triples => self.triples(circuit, target, mask),
        };
        found.or_else(|| self.divide(circuit, target, mask, divided))
    }

    fn divide(
        &mut self,
        circuit: &mut Circuit,
        target: Table,
        mask: Table,
        divided: u8,
    ) -> Option<usize> {
        let depth = divided.count_ones();
        let tries = if depth == 0 { 1 } else { 2 };
        let mut best: Option<(Circuit, usize)> = None;
        let mut tried = 0;
        let order: [usize; 6] = self.lots.shuffled();
        for input in order {
            if divided >> input & 1 == 1 || tried == tries {
                continue;
            }
            tried += 1;
            for form in 0..3 {
                if self.kind == Kind::Triples && form == 2 {
                    continue;
                }
                let mut trial = circuit.clone();
                let outer = self.limit;
                if let Some((found, _)) = &best {
                    self.limit = self.limit.min(found.gates.len());
                }
                let top = self.halves(&mut trial, target, mask, divided | 1 << input, input, form);
                self.limit = outer;
                if let Some(top) = top
                    && best.as_ref().is_none_or(|(b, _)| trial.gates.len() < b.gates.len())
                {
                    best = Some((trial, top));
                }
            }
        }
        let (trial, top) = best?;
        *circuit = trial;
        Some(top)
    }

    fn halves(
        &mut self,
        circuit: &mut Circuit,
        target: Table,
        mask: Table,
        divided: u8,
        input: usize,
        form: usize,
    ) -> Option<usize> {
        let bit = INPUTS[input];
        let (set, clear) = (mask & bit, mask & !bit);
        if self.kind == Kind::Triples {
            let (first, second) = if form == 0 { (set, clear) } else { (clear, set) };
            let one = self.grow(circuit, target, first, divided)?;
            let other = self.grow(circuit, target, second, divided)?;
            let byte = if form == 0 { 0b1100_1010 } else { 0b1010_1100 };
            return Some(circuit.add(Gate::Lookup(byte, input, one, other)));
        }
        match form {
            0 => {
                let base = self.grow(circuit, target, clear, divided)?;
                let change = target ^ circuit.table(base);
                let change = self.grow(circuit, change, set, divided)?;
                let change = circuit.add(Gate::And(change, input));
                Some(circuit.add(Gate::Xor(base, change)))
            }
            1 => {
                let base = self.grow(circuit, target, set, divided)?;
                let change = target ^ circuit.table(base);
                let change = self.grow(circuit, change, clear, divided)?;
                let change = circuit.add(Gate::AndNot(change, input));
                Some(circuit.add(Gate::Xor(base, change)))
            }
            _ => {
                let base = self.grow(circuit, !target, set, divided)?;
                let change = target ^ circuit.table(base);
                let change = self.grow(circuit, change, clear, divided)?;
                let change = circuit.add(Gate::Or(change, input));
                Some(circuit.add(Gate::Xor(base, change)))
            }
        }
    }

    /// One or two gates of two inputs.
    fn pairs(&mut self, circuit: &mut Circuit, target: Table, mask: Table) -> Option<usize> {
        let fits = |table: Table| (table ^ target) & mask == 0;
        let count = circuit.gates.len();
        let one = |circuit: &Circuit, target: Table, a: usize, b: usize| {
            let fits = |table: Table| (table ^ target) & mask == 0;
            let (x, y) = (circuit.table(a), circuit.table(b));
            if fits(x ^ y) {
                Some(Gate::Xor(a, b))
            } else if fits(x & y) {
                Some(Gate::And(a, b))
            } else if fits(x | y) {
                Some(Gate::Or(a, b))
            } else if fits(x & !y) {
                Some(Gate::AndNot(a, b))
            } else if fits(y & !x) {
                Some(Gate::AndNot(b, a))
            } else {
                None
            }
        };
        for a in 0..count {
            for b in 0..a {
                if let Some(gate) = one(circuit, target, a, b) {
                    return Some(circuit.add(gate));
                }
            }
        }
        if let Some(index) = circuit.gates.iter().position(|(_, table)| fits(!*table)) {
            return Some(circuit.add(Gate::Not(index)));
        }
        if count + 2 > self.limit {
            return None;
        }
        for a in 0..count {
            for b in 0..a {
                for inner in [
                    Gate::Xor(a, b),
                    Gate::And(a, b),
                    Gate::Or(a, b),
                    Gate::AndNot(a, b),
                    Gate::AndNot(b, a),
                ] {
                    let (x, y) = (circuit.table(a), circuit.table(b));
                    let table = match inner {
                        Gate::Xor(..) => x ^ y,
                        Gate::And(..) => x & y,
                        Gate::Or(..) => x | y,
                        Gate::AndNot(first, _) if first == a => x & !y,
                        _ => y & !x,
                    };
                    if fits(!table) {
                        let inner = circuit.add(inner);
                        return Some(circuit.add(Gate::Not(inner)));
                    }
                    for c in 0..count {
                        let z = circuit.table(c);
                        let hit = fits(table ^ z)
                            || fits(table & z)
                            || fits(table | z)
                            || fits(table & !z)
                            || fits(z & !table);
                        if hit {
                            let inner = circuit.add(inner);
                            let gate = one(circuit, target, inner, c)?;
                            return Some(circuit.add(gate));
                        }
                    }
                }
            }
        }
        None
    }

    /// One or two gates of three inputs.
    fn triples(&mut self, circuit: &mut Circuit, target: Table, mask: Table) -> Option<usize> {
        let count = circuit.gates.len();
        let (on, off) = (target & mask, !target & mask);
        let order = {
            let mut order: Vec<usize> = (0..count).collect();
            for end in (2..=count).rev() {
                order.swap(end - 1, self.lots.below(end));
            }
            order
        };
        let tables: Vec<Table> = order.iter().map(|index| circuit.table(*index)).collect();
        let table = |index: usize| tables[index];
        let split = |cells: &[(Table, Table)], by: Table| -> Vec<(Table, Table)> {
            cells.iter().flat_map(|(n, f)| [(n & !by, f & !by), (n & by, f & by)]).collect()
        };
        let mut triples = Vec::new();
        for a in 0..count {
            let first = split(&[(on, off)], table(a));
            for b in 0..a {
                let second = split(&first, table(b));
                for c in 0..b {
                    let mut cells = [(0, 0); 8];
                    for (cell, (n, f)) in second.iter().enumerate() {
                        let by = table(c);
                        cells[2 * cell] = (n & !by, f & !by);
                        cells[2 * cell + 1] = (n & by, f & by);
                    }
                    if cells.iter().all(|(n, f)| *n == 0 || *f == 0) {
                        let byte = byte_of(&cells);
                        let gate = Gate::Lookup(byte, order[a], order[b], order[c]);
                        return Some(circuit.add(gate));
                    }
                    triples.push(((a, b, c), cells));
                }
            }
        }
        if count + 2 > self.limit {
            return None;
        }
        for ((a, b, c), cells) in &triples {
            let mixed: Vec<_> = cells.iter().filter(|(n, f)| *n != 0 && *f != 0).copied().collect();
            for d in 0..*c {
                for e in 0..d {
                    let (x, y) = (table(d), table(e));
                    let pure = mixed.iter().all(|(n, f)| {
                        [x & y, x & !y, !x & y, !x & !y]
                            .iter()
                            .all(|part| n & part == 0 || f & part == 0)
                    });
                    if pure {
                        let five = [*a, *b, *c, d, e].map(|index| order[index]);
                        if let Some(top) = two_lookups(circuit, five, on, off) {
                            return Some(top);
                        }
                    }
                }
            }
        }
        None
    }
}

fn byte_of(cells: &[(Table, Table); 8]) -> u8 {
    let mut byte = 0;
    for (cell, (on, _)) in cells.iter().enumerate() {
        if *on != 0 {
            byte |= 1 << cell;
        }
    }
    byte
}

fn cells_of(on: Table, off: Table, [a, b, c]: [Table; 3]) -> [(Table, Table); 8] {
    std::array::from_fn(|cell| {
        let pick = |table: Table, bit: usize| if cell >> bit & 1 == 1 { table } else { !table };
        let part = pick(a, 2) & pick(b, 1) & pick(c, 0);
        (on & part, off & part)
    })
}

/// A function of a function of three and of two more, where there is one.
fn two_lookups(circuit: &mut Circuit, five: [usize; 5], on: Table, off: Table) -> Option<usize> {
    for outer in 0..5 {
        for other in 0..outer {
            let inner: Vec<usize> = (0..5).filter(|i| *i != outer && *i != other).collect();
            let [a, b, c] = [five[inner[0]], five[inner[1]], five[inner[2]]];
            let (d, e) = (five[outer], five[other]);
            let cells = cells_of(on, off, [circuit.table(a), circuit.table(b), circuit.table(c)]);
            let (x, y) = (circuit.table(d), circuit.table(e));
            let parts = [x & y, x & !y, !x & y, !x & !y];
            let four = |table: Table| -> u8 {
                (0..4).map(|part| u8::from(table & parts[part] != 0) << part).sum()
            };
            let sides = cells.map(|(n, f)| (four(n), four(f)));
            let Some(byte) = two_colours(&sides) else { continue };
            let middle = circuit.add(Gate::Lookup(byte, a, b, c));
            let cells = cells_of(on, off, [circuit.table(middle), x, y]);
            return Some(circuit.add(Gate::Lookup(byte_of(&cells), middle, d, e)));
        }
    }
    None
}

/// A value for each cell, different for cells that want different results somewhere.
fn two_colours(sides: &[(u8, u8); 8]) -> Option<u8> {
    let mut colours = [None; 8];
    for start in 0..8 {
        if colours[start].is_some() {
            continue;
        }
        colours[start] = Some(false);
        let mut waiting = vec![start];
        while let Some(cell) = waiting.pop() {
            for other in 0..8 {
                let differ = sides[cell].0 & sides[other].1 | sides[cell].1 & sides[other].0;
                if differ == 0 {
                    continue;
                }
                let wanted = colours[cell].map(|colour: bool| !colour);
                if colours[other].is_none() {
                    colours[other] = wanted;
                    waiting.push(other);
                } else if colours[other] != wanted {
                    return None;
                }
            }
        }
    }
    let byte = (0..8).map(|cell| u8::from(colours[cell] == Some(true)) << cell).sum();
    Some(byte)
}

/// The smallest circuit of some, and its outputs.
fn best(number: usize, kind: Kind, attempts: usize) -> (Circuit, [usize; 4]) {
    let mut targets = [0; 4];
    for six in 0..64 {
        for (output, target) in targets.iter_mut().enumerate() {
            *target |= u64::from(boxes::substitute(number, six) >> (3 - output) & 1) << six;
        }
    }
    let mut lots = Lots(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1) << 8);
    let mut best: Option<(Circuit, [usize; 4])> = None;
    for _ in 0..attempts {
        let limit = best.as_ref().map_or(200, |(circuit, _)| circuit.gates.len());
        let mut search = Search { kind, lots: &mut lots, limit };
        let order: [usize; 4] = search.lots.shuffled();
        let mut circuit = Circuit::new();
        let mut outputs = [0; 4];
        let whole = order.iter().all(|output| {
            let top = search.grow(&mut circuit, targets[*output], Table::MAX, 0);
            outputs[*output] = top.unwrap_or_default();
            top.is_some()
        });
        if whole && circuit.gates.len() < limit {
            best = Some((circuit, outputs));
        }
    }
    best.unwrap_or_else(|| (Circuit::new(), [0; 4]))
}

fn written(circuit: &Circuit, outputs: [usize; 4]) -> String {
    let name = |index: usize| match index {
        0..6 => ["a", "b", "c", "d", "e", "f"][index].to_owned(),
        _ => format!("t{}", index - 5),
    };
    let mut text = String::new();
    for (index, (gate, _)) in circuit.gates.iter().enumerate() {
        let value = match *gate {
            Gate::Input => continue,
            Gate::Not(a) => format!("not({})", name(a)),
            Gate::And(a, b) => format!("and({}, {})", name(a), name(b)),
            Gate::Or(a, b) => format!("or({}, {})", name(a), name(b)),
            Gate::Xor(a, b) => format!("xor({}, {})", name(a), name(b)),
            Gate::AndNot(a, b) => format!("and_not({}, {})", name(a), name(b)),
            Gate::Lookup(byte, a, b, c) => {
                format!("lookup::<0x{byte:02X}>({}, {}, {})", name(a), name(b), name(c))
            }
        };
        let _ = writeln!(text, "        let {} = {value};", name(index));
    }
    let [one, two, three, four] = outputs.map(name);
    let _ = writeln!(text, "        [{one}, {two}, {three}, {four}]");
    text
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many orders of the gates are tried for each box
    #[arg(default_value_t = 2000)]
    attempts: usize,
}

/// Writes the circuits.
pub(crate) fn run(options: &Options) -> crate::Result<()> {
    let attempts = options.attempts;
    let mut file = String::from(
        "//! Circuits of the S-boxes of DES, found by `cargo xtask circuits`. Do not edit.\n\n",
    );
    for (kind, name, about) in [
        (Kind::Pairs, "by_pairs", "of `and`, `or`, `xor`, `and_not` and `not`"),
        (Kind::Triples, "by_triples", "of `lookup`, any function of three"),
    ] {
        let _ = writeln!(file, "/// S1 to S8 from six inputs, {about}.\nmacro_rules! {name} {{");
        let attempts = if kind == Kind::Pairs { attempts } else { attempts / 8 };
        let found: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> =
                (0..8).map(|box_| scope.spawn(move || best(box_, kind, attempts))).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for (number, (circuit, outputs)) in (1..).zip(&found) {
            println!("S{number}, {name}: {} gates", circuit.gates.len() - 6);
            let _ = writeln!(file, "    ({number}, $six:expr) => {{{{");
            let _ = writeln!(file, "        let [a, b, c, d, e, f] = $six;");
            let _ = writeln!(file, "{}    }}}};", written(circuit, *outputs));
        }
        let _ = writeln!(file, "}}\npub(super) use {name};\n");
    }
    let path = crate::root().join("src/kernels/des/circuits.rs");
    std::fs::write(&path, file.trim_end().to_owned() + "\n")
        .map_err(|error| crate::problem(&path, &error))
}
