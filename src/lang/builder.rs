//! Builds IL without writing its text: the part that front ends share.
//!
//! A [`ModuleBuilder`] collects globals, strings and the externs that are called. A [`FunctionBuilder`]
//! appends instructions to the block begun last and gives every temp a unique name. Neither checks types
//! or targets: the verifier does that, and the tests of each front end run it.

use std::collections::BTreeMap;

use crate::il::{
    BinaryOp, Binding, Block, Extern, Function, Global, Init, Instruction, Loc, MemoryOrder,
    Module, Op, Operand, Param, RmwOp, Signature, Span, Target, Type, UnaryOp, Value,
};

/// A function of the host: its name and its types.
pub(super) struct Runtime {
    /// The name, with the `Viper.` prefix.
    pub(super) name: &'static str,
    /// One type per parameter.
    pub(super) params: &'static [Type],
    /// [`Type::Void`] if there is no result.
    pub(super) result: Type,
}

impl Runtime {
    fn signature(&self) -> Signature {
        Signature { params: self.params.to_vec(), result: self.result }
    }
}

/// A module under construction.
#[derive(Default)]
pub(super) struct ModuleBuilder {
    module: Module,
    /// The global that holds each string constant.
    texts: BTreeMap<String, String>,
}

impl ModuleBuilder {
    /// Declares an extern, unless it has been declared.
    fn declare(&mut self, name: &str, signature: impl FnOnce() -> Signature) {
        if self.module.externs.iter().all(|known| known.name != name) {
            let (name, signature) = (name.to_owned(), signature());
            self.module.externs.push(Extern { name, signature, span: Span::default() });
        }
    }

    /// Adds a scalar global with the initial value zero.
    pub(super) fn global(&mut self, name: &str, ty: Type) {
        self.global_with(name, ty, Init::Zero);
    }

    /// Adds a scalar global with an initial value.
    pub(super) fn global_with(&mut self, name: &str, ty: Type, init: Init) {
        self.push_global(name.to_owned(), false, ty, init);
    }

    /// The name of the global that holds this string; equal strings share one.
    fn text(&mut self, text: &str) -> String {
        if let Some(name) = self.texts.get(text) {
            return name.clone();
        }
        let name = format!(".text{}", self.texts.len());
        self.push_global(name.clone(), true, Type::Str, Init::Str(text.to_owned()));
        self.texts.insert(text.to_owned(), name.clone());
        name
    }

    fn push_global(&mut self, name: String, constant: bool, ty: Type, init: Init) {
        self.module.globals.push(Global { name, constant, ty, init, span: Span::default() });
    }

    /// The module as it is now.
    pub(super) fn finish(self) -> Module {
        self.module
    }
}

/// A function under construction; instructions are added at its end.
pub(super) struct FunctionBuilder<'m> {
    module: &'m mut ModuleBuilder,
    function: Function,
    /// How often each hint has been used; makes the names of temps unique.
    hints: BTreeMap<String, u32>,
    span: Span,
    loc: Option<Loc>,
    /// What runs before the first instruction of the first block.
    prologue: Vec<Instruction>,
    is_prologue: bool,
}

impl<'m> FunctionBuilder<'m> {
    /// A function without blocks. A temp may have the name of a parameter only if its hint was never
    /// used, so parameters count as hints.
    pub(super) fn new(
        module: &'m mut ModuleBuilder,
        name: String,
        params: &[(&str, Type)],
        result: Type,
    ) -> Self {
        let span = Span::default();
        let hints = params.iter().map(|&(name, _)| (name.to_owned(), 1)).collect();
        let params =
            params.iter().map(|&(name, ty)| Param { name: name.to_owned(), ty, span }).collect();
        let function = Function { name, params, result, exported: false, blocks: vec![], span };
        let (prologue, is_prologue) = (vec![], false);
        FunctionBuilder { module, function, hints, span, loc: None, prologue, is_prologue }
    }

    /// Sets the source place of the next instructions.
    pub(super) fn place(&mut self, span: Span, loc: Loc) {
        self.span = span;
        self.loc = Some(loc);
    }

    /// Begins a block; the next instructions belong to it.
    pub(super) fn begin(&mut self, label: impl Into<String>) {
        self.function.blocks.push(Block {
            label: label.into(),
            params: vec![],
            instructions: vec![],
            span: self.span,
        });
    }

    /// Gives the block begun last a parameter.
    pub(super) fn block_param(&mut self, hint: &str, ty: Type) -> Value {
        let name = self.fresh(hint);
        let param = Param { name: name.clone(), ty, span: self.span };
        self.block().params.push(param);
        Value::Temp(name)
    }

    /// A new label that begins with the hint.
    pub(super) fn fresh(&mut self, hint: &str) -> String {
        let uses = self.hints.entry(hint.to_owned()).or_insert(0);
        *uses += 1;
        if *uses == 1 { hint.to_owned() } else { format!("{hint}.{uses}") }
    }

    fn block(&mut self) -> &mut Block {
        self.function.blocks.last_mut().expect("a block is begun before anything is appended")
    }

    fn push(&mut self, result: Option<Binding>, op: Op) {
        let instruction = Instruction { result, op, span: self.span, loc: self.loc };
        if self.is_prologue {
            self.prologue.push(instruction);
        } else {
            self.block().instructions.push(instruction);
        }
    }

    /// Appends instructions to what runs first in the function, wherever it is now.
    pub(super) fn in_prologue<R>(&mut self, append: impl FnOnce(&mut Self) -> R) -> R {
        let outer = std::mem::replace(&mut self.is_prologue, true);
        let result = append(self);
        self.is_prologue = outer;
        result
    }

    /// Appends an instruction that has no result, or whose result is dropped.
    fn perform(&mut self, op: Op) {
        self.push(None, op);
    }

    /// Appends an instruction and names its result after the hint.
    fn define(&mut self, hint: &str, op: Op) -> Value {
        let name = self.fresh(hint);
        self.push(Some(Binding { name: name.clone(), ty: None, span: self.span }), op);
        Value::Temp(name)
    }

    fn operand(&self, value: &Value) -> Operand {
        Operand { value: value.clone(), span: self.span }
    }

    fn operands(&self, values: &[Value]) -> Vec<Operand> {
        values.iter().map(|value| self.operand(value)).collect()
    }

    fn target(&self, label: &str, args: &[Value]) -> Target {
        Target { label: label.to_owned(), args: self.operands(args), span: self.span }
    }

    /// `op left, right`
    pub(super) fn binary(
        &mut self,
        hint: &str,
        op: BinaryOp,
        left: &Value,
        right: &Value,
    ) -> Value {
        let (left, right) = (self.operand(left), self.operand(right));
        self.define(hint, Op::Binary { op, left, right })
    }

    /// `op operand`
    pub(super) fn unary(&mut self, hint: &str, op: UnaryOp, operand: &Value) -> Value {
        let operand = self.operand(operand);
        self.define(hint, Op::Unary { op, operand })
    }

    /// `alloca bytes`
    pub(super) fn alloca(&mut self, hint: &str, bytes: i64) -> Value {
        let bytes = self.operand(&Value::Int(bytes));
        self.define(hint, Op::Alloca { bytes })
    }

    /// `load ty, pointer`
    pub(super) fn load(&mut self, hint: &str, ty: Type, pointer: &Value) -> Value {
        let op = Op::Load { ty, pointer: self.operand(pointer) };
        self.define(hint, op)
    }

    /// `store ty, pointer, value`
    pub(super) fn store(&mut self, ty: Type, pointer: &Value, value: &Value) {
        let op = Op::Store { ty, pointer: self.operand(pointer), value: self.operand(value) };
        self.perform(op);
    }

    /// `atomic.load ty, pointer, order`
    pub(super) fn atomic_load(
        &mut self,
        hint: &str,
        ty: Type,
        pointer: &Value,
        order: MemoryOrder,
    ) -> Value {
        let op = Op::AtomicLoad { ty, pointer: self.operand(pointer), order };
        self.define(hint, op)
    }

    /// `atomic.store ty, pointer, value, order`
    pub(super) fn atomic_store(
        &mut self,
        ty: Type,
        pointer: &Value,
        value: &Value,
        order: MemoryOrder,
    ) {
        let (pointer, value) = (self.operand(pointer), self.operand(value));
        self.perform(Op::AtomicStore { ty, pointer, value, order });
    }

    /// `atomic.rmw op ty, pointer, value, order`
    pub(super) fn atomic_rmw(
        &mut self,
        hint: &str,
        op: RmwOp,
        ty: Type,
        pointer: &Value,
        value: &Value,
        order: MemoryOrder,
    ) -> Value {
        let (pointer, value) = (self.operand(pointer), self.operand(value));
        self.define(hint, Op::AtomicRmw { op, ty, pointer, value, order })
    }

    /// `atomic.cas ty, pointer, expected, desired, success, failure`
    pub(super) fn atomic_cas(
        &mut self,
        hint: &str,
        ty: Type,
        pointer: &Value,
        (expected, desired): (&Value, &Value),
        (success, failure): (MemoryOrder, MemoryOrder),
    ) -> Value {
        let pointer = self.operand(pointer);
        let (expected, desired) = (self.operand(expected), self.operand(desired));
        self.define(hint, Op::AtomicCas { ty, pointer, expected, desired, success, failure })
    }

    /// `fence order`
    pub(super) fn fence(&mut self, order: MemoryOrder) {
        self.perform(Op::Fence { order });
    }

    /// `select type, condition, a, b`
    pub(super) fn select(
        &mut self,
        hint: &str,
        ty: Type,
        condition: &Value,
        arms: [&Value; 2],
    ) -> Value {
        let condition = self.operand(condition);
        let [if_true, if_false] = arms.map(|arm| self.operand(arm));
        self.define(hint, Op::Select { ty, condition, if_true, if_false })
    }

    /// `idx.chk index, low, high`
    pub(super) fn index_check(&mut self, hint: &str, index: &Value, low: i64, high: i64) -> Value {
        let (low, high) = (self.operand(&Value::Int(low)), self.operand(&Value::Int(high)));
        let index = self.operand(index);
        self.define(hint, Op::IdxChk { index, low, high })
    }

    /// `idx.chk index, 0, high`
    pub(super) fn index_check_below(&mut self, hint: &str, index: &Value, high: &Value) -> Value {
        let (low, high) = (self.operand(&Value::Int(0)), self.operand(high));
        let index = self.operand(index);
        self.define(hint, Op::IdxChk { index, low, high })
    }

    /// `gep pointer, bytes`
    pub(super) fn gep(&mut self, hint: &str, pointer: &Value, bytes: &Value) -> Value {
        let (pointer, bytes) = (self.operand(pointer), self.operand(bytes));
        self.define(hint, Op::Gep { pointer, bytes })
    }

    /// `gaddr @name`
    pub(super) fn global_address(&mut self, hint: &str, name: &str) -> Value {
        self.define(hint, Op::GlobalAddress { global: name.to_owned() })
    }

    /// A string constant, added to the module if it is not there yet.
    pub(super) fn text(&mut self, text: &str) -> Value {
        let global = self.module.text(text);
        self.define("text", Op::ConstStr { global })
    }

    /// Calls a function of this module that has a result.
    pub(super) fn call(&mut self, hint: &str, name: &str, args: &[Value]) -> Value {
        let op = self.call_op(name, args);
        self.define(hint, op)
    }

    /// Calls a function of this module and drops its result.
    pub(super) fn call_dropping(&mut self, name: &str, args: &[Value]) {
        let op = self.call_op(name, args);
        self.perform(op);
    }

    /// Calls a host function that has a result.
    pub(super) fn host(&mut self, hint: &str, runtime: &Runtime, args: &[Value]) -> Value {
        self.module.declare(runtime.name, || runtime.signature());
        self.call(hint, runtime.name, args)
    }

    /// Calls a host function without a result.
    pub(super) fn host_void(&mut self, runtime: &Runtime, args: &[Value]) {
        self.module.declare(runtime.name, || runtime.signature());
        self.call_dropping(runtime.name, args);
    }

    /// Calls a host function that is known by its name and signature; gives the result, if it has one.
    pub(super) fn host_named(
        &mut self,
        name: &str,
        signature: &Signature,
        args: &[Value],
    ) -> Option<Value> {
        self.module.declare(name, || signature.clone());
        if signature.result == Type::Void {
            self.call_dropping(name, args);
            return None;
        }
        Some(self.call("result", name, args))
    }

    fn call_op(&self, name: &str, args: &[Value]) -> Op {
        Op::Call { callee: name.to_owned(), args: self.operands(args), attributes: vec![] }
    }

    /// `br label(args)`
    pub(super) fn branch(&mut self, label: &str, args: &[Value]) {
        let target = self.target(label, args);
        self.perform(Op::Br { target });
    }

    /// `cbr condition, if_true, if_false`
    pub(super) fn branch_if(&mut self, condition: &Value, if_true: &str, if_false: &str) {
        let op = Op::CBr {
            condition: self.operand(condition),
            if_true: self.target(if_true, &[]),
            if_false: self.target(if_false, &[]),
        };
        self.perform(op);
    }

    /// `switch.i32 scrutinee, default, value -> label, ...`
    pub(super) fn switch(&mut self, scrutinee: &Value, default: &str, cases: &[(i32, String)]) {
        let case = |(value, label): &(i32, String)| (*value, self.target(label, &[]));
        let op = Op::Switch {
            scrutinee: self.operand(scrutinee),
            default: self.target(default, &[]),
            cases: cases.iter().map(case).collect(),
        };
        self.perform(op);
    }

    /// `eh.push ^label`
    pub(super) fn push_handler(&mut self, label: &str) {
        let handler = self.target(label, &[]);
        self.perform(Op::EhPush { handler });
    }

    /// `eh.pop`
    pub(super) fn pop_handler(&mut self) {
        self.perform(Op::EhPop {});
    }

    /// Begins a handler; gives the error.
    pub(super) fn begin_handler(&mut self, label: &str) -> Value {
        self.begin(label);
        let error = self.block_param("error", Type::Error);
        self.block_param("token", Type::ResumeTok);
        self.perform(Op::EhEntry {});
        error
    }

    /// `ret` or `ret value`
    pub(super) fn ret(&mut self, value: Option<&Value>) {
        let value = value.map(|value| self.operand(value));
        self.perform(Op::Ret { value });
    }

    /// Adds the function to the module.
    pub(super) fn finish(mut self) {
        if let Some(first) = self.function.blocks.first_mut() {
            first.instructions.splice(..0, self.prologue);
        }
        self.module.module.functions.push(self.function);
    }
}
