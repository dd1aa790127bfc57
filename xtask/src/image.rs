//! What a DLL imports and exports, as its file says (Microsoft's "PE Format").

use std::collections::BTreeSet;

/// The content of a DLL's file.
pub(crate) struct Image<'a> {
    bytes: &'a [u8],
    /// Of each section: where it is in memory, and where in the file; both begin and length.
    sections: Vec<(usize, usize, usize)>,
    /// Where the data directories are in the file.
    directories: usize,
}

impl<'a> Image<'a> {
    /// `None` for what is not a DLL or program of Windows.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut image = Self { bytes, sections: vec![], directories: 0 };
        let header = image.number(0x3C, 4)?;
        if bytes.get(header..header + 4)? != b"PE\0\0" {
            return None;
        }
        let (count, optional) = (image.number(header + 6, 2)?, image.number(header + 20, 2)?);
        let start = header + 24;
        image.directories = start + if image.number(start, 2)? == 0x20B { 112 } else { 96 };
        for section in 0..count {
            let at = start + optional + 40 * section;
            let place = |offset| image.number(at + offset, 4);
            image.sections.push((place(12)?, place(20)?, place(16)?));
        }
        Some(image)
    }

    /// The names of the DLLs that it imports from.
    pub(crate) fn imports(&self) -> Option<BTreeSet<String>> {
        let table = self.directory(1)?;
        let names = (0..).map_while(|row| match self.number(table + 20 * row + 12, 4)? {
            0 => None,
            name => self.text(name),
        });
        Some(names.collect())
    }

    /// The names that it exports.
    pub(crate) fn exports(&self) -> Option<BTreeSet<String>> {
        let table = self.directory(0)?;
        let count = self.number(table + 24, 4)?;
        let names = self.place(self.number(table + 32, 4)?)?;
        (0..count).map(|row| self.text(self.number(names + 4 * row, 4)?)).collect()
    }

    /// Where a table is in the file.
    fn directory(&self, index: usize) -> Option<usize> {
        self.place(self.number(self.directories + 8 * index, 4)?)
    }

    /// The place in the file of an address in memory.
    fn place(&self, address: usize) -> Option<usize> {
        self.sections.iter().find_map(|(memory, file, length)| {
            let offset = address.checked_sub(*memory)?;
            (offset < *length).then_some(file + offset)
        })
    }

    fn text(&self, address: usize) -> Option<String> {
        let text = self.bytes.get(self.place(address)?..)?;
        let text = text.split(|octet| *octet == 0).next()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn number(&self, at: usize, octets: usize) -> Option<usize> {
        let field = self.bytes.get(at..at + octets)?;
        Some(field.iter().rev().fold(0, |value, octet| value << 8 | usize::from(*octet)))
    }
}
