//! Finds method calls from one file to another. Imports do not show these calls, because one type may have `impl`
//! blocks in several files, and a value can be used without an import.
//!
//! The search knows the type of `self`, the type of each parameter with a declared type, and the types of their fields.
//! It also understands paths such as `Type::method`. It does not know the types of variables and results, nor the type
//! behind a trait object.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{
    Expr, ExprField, ExprMethodCall, ExprPath, FnArg, GenericArgument, ImplItemFn, ItemFn, ItemImpl, ItemMod,
    ItemStruct, Member, Pat, PathArguments, Signature, Type,
};

use super::{Names, is_for_tests};

/// The types, methods and calls of one Rust file. A recorded type is a path from the crate's root: the module that
/// contains the code, followed by the type as the code writes it. For example, if the module `client` contains
/// `pacer::Pacer`, the recorded path is `client::pacer::Pacer`.
#[derive(Default)]
pub(super) struct Calls {
    /// The methods that the file defines. Each entry is the type that has the method, and the method's name.
    pub(super) methods: Vec<(Names, String)>,
    /// The fields that the file declares. Each entry is the struct, the name of the field, and the type of the field.
    pub(super) fields: Vec<(Names, String, Names)>,
    pub(super) calls: Vec<Call>,
    /// The path of the module that contains the code being visited.
    place: Names,
    /// The type of the `impl` block being visited.
    own: Option<Names>,
    /// The visited function's parameters, if their types are known. The key is the parameter's name.
    parameters: BTreeMap<String, Names>,
}

/// A call such as `engine.pacer.reserve(…)`: `root` is the type of `engine`, `fields` is `pacer`, and `method` is
/// `reserve`.
pub(super) struct Call {
    pub(super) root: Names,
    pub(super) fields: Vec<String>,
    pub(super) method: String,
}

impl Calls {
    pub(super) fn of(file: &syn::File, place: Names) -> Self {
        let mut calls = Self { place, ..Self::default() };
        calls.visit_file(file);
        calls
    }

    /// Returns the name of a type, without its references and smart pointers.
    fn named(&self, wanted: &Type) -> Option<Names> {
        match wanted {
            Type::Reference(reference) => self.named(&reference.elem),
            Type::Paren(paren) => self.named(&paren.elem),
            Type::Path(path) => {
                let last = path.path.segments.last()?;
                if let PathArguments::AngleBracketed(arguments) = &last.arguments
                    && ["Arc", "Box", "Rc"].iter().any(|pointer| last.ident == pointer)
                {
                    return arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(inner) => self.named(inner),
                        _ => None,
                    });
                }
                self.path(path.path.segments.iter().map(|segment| segment.ident.to_string()).collect())
            }
            _ => None,
        }
    }

    /// Resolves a path from the code of the visited module, and returns it as a path from the crate's root.
    fn path(&self, names: Names) -> Option<Names> {
        match names.first()?.as_str() {
            "Self" => Some([self.own.clone()?, names.get(1..)?.to_vec()].concat()),
            "crate" | "super" | "self" => super::absolute(&self.place, &names),
            _ => Some([self.place.clone(), names].concat()),
        }
    }

    /// Splits a receiver such as `a.b.c`. Returns the type of `a`, and the fields `b` and `c`.
    fn receiver(&self, receiver: &Expr) -> Option<(Names, Vec<String>)> {
        match receiver {
            Expr::Paren(inner) => self.receiver(&inner.expr),
            Expr::Reference(inner) => self.receiver(&inner.expr),
            Expr::Path(ExprPath { path, .. }) => {
                let name = path.get_ident()?;
                let root = if name == "self" { self.own.as_ref() } else { self.parameters.get(&name.to_string()) };
                Some((root?.clone(), Vec::new()))
            }
            Expr::Field(ExprField { base, member: Member::Named(field), .. }) => {
                let (root, mut fields) = self.receiver(base)?;
                fields.push(field.to_string());
                Some((root, fields))
            }
            _ => None,
        }
    }

    fn function(&mut self, signature: &Signature, visit: impl FnOnce(&mut Self)) {
        let parameters = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(name) => Some((name.ident.to_string(), self.named(&typed.ty)?)),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        let parameters = parameters.collect();
        let outer = std::mem::replace(&mut self.parameters, parameters);
        visit(self);
        self.parameters = outer;
    }
}

impl Visit<'_> for Calls {
    fn visit_item_mod(&mut self, item: &ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.place.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.place.pop();
        }
    }

    fn visit_item_struct(&mut self, item: &ItemStruct) {
        let owner = [self.place.clone(), vec![item.ident.to_string()]].concat();
        for field in &item.fields {
            if let (Some(name), Some(named)) = (&field.ident, self.named(&field.ty)) {
                self.fields.push((owner.clone(), name.to_string(), named));
            }
        }
    }

    fn visit_item_impl(&mut self, item: &ItemImpl) {
        let own = self.named(&item.self_ty);
        let outer = std::mem::replace(&mut self.own, own);
        visit::visit_item_impl(self, item);
        self.own = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        if let Some(own) = &self.own {
            self.methods.push((own.clone(), item.sig.ident.to_string()));
        }
        self.function(&item.sig, |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.function(&item.sig, |this| visit::visit_item_fn(this, item));
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        if let Some((root, fields)) = self.receiver(&call.receiver) {
            self.calls.push(Call { root, fields, method: call.method.to_string() });
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &ExprPath) {
        let names: Names = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some((method, of @ [_, ..])) = names.split_last()
            && let Some(root) = self.path(of.to_vec())
        {
            self.calls.push(Call { root, fields: Vec::new(), method: method.clone() });
        }
        visit::visit_expr_path(self, path);
    }
}
