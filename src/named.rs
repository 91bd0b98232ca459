//! A map from names to values for a handful of entries, in the order of their names. A sorted list that is searched from
//! its start is smaller than the standard library's trees, in memory and above all in the wasm, and as fast for what an
//! app configures.

/// Values by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named<T>(Vec<(String, T)>);

impl<T> Named<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds or replaces an entry.
    pub(crate) fn insert(&mut self, name: String, value: T) {
        match self.get_mut(&name) {
            Some(old) => *old = value,
            None => {
                let at = self.0.iter().take_while(|(known, _)| *known < name).count();
                self.0.insert(at, (name, value));
            }
        }
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.iter_mut().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut T)> {
        self.0.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// The same names with other values, if all can be had.
    pub(crate) fn try_map<U, E>(&self, value: impl Fn(&str, &T) -> Result<U, E>) -> Result<Named<U>, E> {
        let mut mapped = Vec::with_capacity(self.0.len());
        for (name, old) in self.iter() {
            mapped.push((name.to_owned(), value(name, old)?));
        }
        Ok(Named(mapped))
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_names_and_the_last_value() {
        let mut named = Named::new();
        for (name, value) in [("b", 1), ("c", 2), ("a", 3), ("b", 4)] {
            named.insert(name.to_owned(), value);
        }
        assert_eq!(named.iter().collect::<Vec<_>>(), [("a", &3), ("b", &4), ("c", &2)]);
        assert_eq!((named.get("b"), named.get("d"), named.len()), (Some(&4), None, 3));
    }
}
