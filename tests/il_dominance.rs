//! The verifier against a second opinion on which uses are defined.
//!
//! The verifier asks whether a definition dominates a use, by way of a dominator tree. The oracle
//! here follows all paths with the set of what is surely defined, until nothing changes. Both must
//! accept exactly the same functions, handlers included.
#![cfg(feature = "cli")]

use drawloom::il::{parse, verify};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Item {
    /// Defines the next temp.
    Define,
    /// Uses the temp with this number, modulo how many there are.
    Use(usize),
    /// Pushes the handler with this number, modulo how many there are.
    Push(usize),
}

#[derive(Clone, Debug)]
struct Plan {
    /// How many blocks, from the end, are handlers; never the entry.
    handlers: usize,
    /// Items and successors; the successors are taken modulo the blocks that may be targets.
    blocks: Vec<(Vec<Item>, Vec<usize>)>,
}

/// What a plan means, with all numbers reduced to what is there.
struct Shape {
    plain: usize,
    blocks: Vec<(Vec<Item>, Vec<usize>)>,
    definitions: usize,
}

impl Plan {
    fn shape(&self) -> Shape {
        let handlers = self.handlers.min(self.blocks.len() - 1);
        let plain = self.blocks.len() - handlers;
        let all = || self.blocks.iter().flat_map(|(items, _)| items);
        let definitions = all().filter(|item| matches!(item, Item::Define)).count();
        let items = |items: &[Item]| {
            items
                .iter()
                .filter_map(|item| match *item {
                    Item::Define => Some(Item::Define),
                    Item::Use(temp) => (definitions > 0).then(|| Item::Use(temp % definitions)),
                    Item::Push(at) => (handlers > 0).then(|| Item::Push(plain + at % handlers)),
                })
                .collect()
        };
        let successors = |targets: &[usize]| targets.iter().map(|target| target % plain).collect();
        let blocks = self.blocks.iter().map(|(i, s)| (items(i), successors(s))).collect();
        Shape { plain, blocks, definitions }
    }
}

impl Shape {
    fn text(&self) -> String {
        let mut lines = vec!["il 0.3.0".to_owned(), "func @f(i1 %c, ptr %p) -> void {".to_owned()];
        let mut defined = 0;
        for (at, (items, successors)) in self.blocks.iter().enumerate() {
            let params = format!("(%e{at}: error, %t{at}: resumetok)");
            lines.push(format!("b{at}{}:", if at < self.plain { "" } else { &params }));
            for item in items {
                lines.push(match item {
                    Item::Define => {
                        defined += 1;
                        format!("  %d{} = load i64, %p", defined - 1)
                    }
                    Item::Use(temp) => format!("  store i64, %p, %d{temp}"),
                    Item::Push(handler) => format!("  eh.push ^b{handler}"),
                });
            }
            lines.push(match successors[..] {
                [] => "  ret".to_owned(),
                [only] => format!("  br b{only}"),
                [first, second, ..] => format!("  cbr %c, b{first}, b{second}"),
            });
        }
        lines.push("}\n".to_owned());
        lines.join("\n")
    }

    /// Whether every use that can run follows its definition on every path.
    fn is_right(&self) -> bool {
        assert!(self.definitions <= 64, "a set of definitions is one word");
        let mut known: Vec<Option<u64>> = vec![None; self.blocks.len()];
        known[0] = Some(0);
        loop {
            let before = known.clone();
            let mut right = true;
            let mut first_of_block = 0;
            for (at, (items, successors)) in self.blocks.iter().enumerate() {
                let mut next = first_of_block;
                first_of_block += items.iter().filter(|i| matches!(i, Item::Define)).count();
                let Some(mut set) = known[at] else { continue };
                let mut meet = |block: usize, set: u64| {
                    known[block] = Some(known[block].map_or(set, |other| other & set));
                };
                for item in items {
                    match item {
                        Item::Define => {
                            set |= 1 << next;
                            next += 1;
                        }
                        Item::Use(temp) => right &= set >> temp & 1 == 1,
                        Item::Push(handler) => meet(*handler, set),
                    }
                }
                successors.iter().take(2).for_each(|&successor| meet(successor, set));
            }
            if known == before {
                return right;
            }
        }
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    let item = prop_oneof![
        3 => Just(Item::Define),
        2 => (0..64_usize).prop_map(Item::Use),
        1 => (0..8_usize).prop_map(Item::Push),
    ];
    let block = (vec(item, 0..5), vec(0..8_usize, 0..3));
    (0..3_usize, vec(block, 1..8)).prop_map(|(handlers, blocks)| Plan { handlers, blocks })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_verifier_accepts_exactly_what_is_defined_on_every_path(plan in plan()) {
        let shape = plan.shape();
        let text = shape.text();
        let verdict = verify(parse(&text).expect("the text is of the grammar"));
        prop_assert_eq!(verdict.is_ok(), shape.is_right(), "{}\n{:?}", text, verdict.err());
        if let Ok(verified) = verdict {
            let function = &verified.functions()[0];
            let of_text = function.blocks.iter().skip(usize::from(function.has_door()));
            for block in of_text {
                let source = &verified.module().functions[0].blocks[block.source];
                prop_assert_eq!(block.instructions.len(), source.instructions.len());
            }
        }
    }
}

/// The property above would also hold if all plans were right, or all wrong.
#[test]
fn some_plans_with_handlers_are_right_and_some_are_wrong() {
    use Item::{Define, Push, Use};
    let right = Plan {
        handlers: 1,
        blocks: vec![(vec![Define, Push(0), Define, Use(1)], vec![]), (vec![Use(0)], vec![])],
    };
    let wrong = Plan {
        handlers: 1,
        blocks: vec![(vec![Push(0), Define, Use(0)], vec![]), (vec![Use(0)], vec![])],
    };
    for (plan, is_right) in [(right, true), (wrong, false)] {
        let shape = plan.shape();
        assert_eq!(shape.is_right(), is_right);
        assert_eq!(parse(&shape.text()).and_then(verify).is_ok(), is_right);
    }
}
