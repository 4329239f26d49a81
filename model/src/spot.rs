//! Places that are named before anybody knows whether something is wrong there.

use crate::Path;

/// A place in a document while it is looked at. It costs nothing to make, and becomes a [`Path`] only where there is a fault.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    parent: Option<&'a Spot<'a>>,
    segment: Segment<'a>,
}

/// A field's name or an array's index.
#[derive(Clone, Copy, Debug)]
pub enum Segment<'a> {
    /// The document itself.
    Root,
    /// A field.
    Name(&'a str),
    /// An element.
    Index(usize),
}

/// Whatever names a place.
pub trait Place {
    /// The place, for a fault.
    fn path(&self) -> Path;
}

// === impl Spot ===

impl<'a> Spot<'a> {
    /// The document itself.
    pub const ROOT: Self = Self { parent: None, segment: Segment::Root };

    /// The place of a field (or index) within this one.
    #[must_use]
    pub fn at<'b>(&'b self, segment: impl Into<Segment<'b>>) -> Spot<'b>
    where
        'a: 'b,
    {
        Spot { parent: Some(self), segment: segment.into() }
    }
}

impl Place for Spot<'_> {
    fn path(&self) -> Path {
        let parent = self.parent.map_or_else(Path::root, Place::path);
        match self.segment {
            Segment::Root => parent,
            Segment::Name(name) => parent.at(name),
            Segment::Index(index) => parent.at(index),
        }
    }
}

impl Place for Path {
    fn path(&self) -> Path {
        self.clone()
    }
}

// === impl Segment ===

impl<'a> From<&'a str> for Segment<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for Segment<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}

impl From<usize> for Segment<'_> {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spot_becomes_the_path_of_the_same_place() {
        let (targets, name) = (Spot::ROOT.at("targets"), "to~ken".to_owned());
        let third = targets.at(3);
        assert_eq!(third.at(&name).path(), Path::root().at("targets").at(3).at("to~ken"));
        assert_eq!(Spot::ROOT.path(), Path::root());
    }
}
