//! Values that stay in WebAssembly. JavaScript refers to them by numbers.

/// A map from numbers to values. It is stored as a list, because it holds few values at a time.
pub(crate) struct Numbered<T>(Vec<(u32, T)>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Numbered<T> {
    pub(crate) fn insert(&mut self, number: u32, value: T) {
        self.0.push((number, value));
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.0.iter_mut().find(|(known, _)| *known == number).map(|(_, value)| value)
    }

    pub(crate) fn take(&mut self, number: u32) -> Option<T> {
        let at = self.0.iter().position(|(known, _)| *known == number);
        at.map(|at| self.0.swap_remove(at).1)
    }
}

#[cfg(feature = "portal")]
impl<T> Numbered<T> {
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == number).map(|(_, value)| value)
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.0.retain(|(_, value)| keep(value));
    }
}
