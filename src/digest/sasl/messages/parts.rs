//! Messages in other buffers than a text and its trailer.
//!
//! A body (RFC 2831 §2.3, §2.4) is the text, or as much ciphertext, and what follows it. It lies in
//!
//! ```text
//! DATA ...               what the texts were, one after another
//! PADDING or TOKEN       behind them: what follows, wherever the buffer stands among the others
//! TOKEN  DATA ...  PADDING   in this order, as programs write for any package: TOKEN and PADDING share
//!                        what follows the text, and the text is moved by as much as TOKEN has
//! ```
//!
//! Read-only DATA is no part of it: the format has no place for what is signed and not sent.

use super::super::layer::{Layer, Scattered};
use super::{check_trailer, no_buffer, too_small};
use crate::error::{Error, Result, Status};
use crate::sspi::buffer_type::{PADDING, TOKEN};
use crate::sspi::{Data, MAX_BUFFERS, Message, MessageBuffer};

/// Which buffers a body lies in.
#[derive(Clone, Copy, Default)]
struct Layout {
    /// In front of the texts.
    front: Option<Part>,
    /// Behind them.
    behind: [Option<Part>; 2],
    /// A DATA buffer that is no text.
    trailer: Option<usize>,
}

/// A buffer, and how many of its bytes belong to the body.
#[derive(Clone, Copy)]
struct Part {
    index: usize,
    length: usize,
}

impl Layout {
    fn is_plaintext(&self, index: usize, buffer: &MessageBuffer<'_>) -> bool {
        buffer.is_plaintext() && self.trailer != Some(index)
    }

    fn plaintext_length(&self, message: &Message<'_, '_>) -> usize {
        let texts = message.0.iter().enumerate();
        texts
            .filter(|(index, buffer)| self.is_plaintext(*index, buffer))
            .map(|(_, buffer)| buffer.data.bytes().len())
            .fold(0, usize::saturating_add)
    }

    fn front_length(&self) -> usize {
        self.front.map_or(0, |part| part.length)
    }

    /// The memory of the body.
    fn body<'p>(&self, message: &'p mut Message<'_, '_>) -> Scattered<'p> {
        let mut texts: [bool; MAX_BUFFERS] = [false; MAX_BUFFERS];
        let mut memory: [&mut [u8]; MAX_BUFFERS] = std::array::from_fn(|_| &mut [][..]);
        let places = memory.iter_mut().zip(&mut texts);
        for ((index, buffer), (place, text)) in message.0.iter_mut().enumerate().zip(places) {
            *text = self.is_plaintext(index, buffer);
            if let Data::Writable(bytes) = &mut buffer.data {
                *place = bytes;
            }
        }
        let mut part = |part: Part| {
            let whole = memory.get_mut(part.index).map(std::mem::take).unwrap_or_default();
            let length = part.length.min(whole.len());
            whole.split_at_mut(length).0
        };
        let front = self.front.map(&mut part);
        let behind = self.behind.map(|behind| behind.map(&mut part));
        let mut body = Scattered::default();
        let texts = memory.into_iter().zip(texts).filter(|(_, text)| *text);
        let pieces = front.into_iter().chain(texts.map(|(piece, _)| piece));
        for piece in pieces.chain(behind.into_iter().flatten()) {
            body.push(piece);
        }
        body
    }
}

fn room(message: &mut Message<'_, '_>, index: usize) -> Result<usize> {
    message.writable(index).map(|bytes| bytes.len())
}

/// `EncryptMessage`.
#[cold]
pub(super) fn seal(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let first = message
        .plaintext()
        .ok_or_else(|| Error::new(Status::INVALID_TOKEN, "encrypt: no DATA buffer to write"))?;
    let (padding, token) = (message.position(PADDING), message.position(TOKEN));
    let mut layout = Layout::default();
    if padding.is_none() && token.is_none() {
        layout.trailer = Some(trailing_data(message)?);
    }
    let length = layout.plaintext_length(message);
    let needed = layer.trailer_length(length)?;
    let mut order = match (padding, token, layout.trailer) {
        (Some(padding), Some(token), _) if room(message, padding)? < needed => {
            room(message, token)?;
            [Some(token.min(padding)), Some(token.max(padding))]
        }
        (Some(index), ..) | (None, Some(index), _) | (None, None, Some(index)) => {
            [Some(index), None]
        }
        (None, None, None) => [None, None],
    };
    let shared = order[1].is_some();
    let mut left = needed;
    let mut take = |index: usize| -> Result<Part> {
        let length = room(message, index)?.min(left);
        left -= length;
        Ok(Part { index, length })
    };
    if shared && token.is_some_and(|token| token < first) {
        layout.front = token.map(&mut take).transpose()?;
        order = [padding, None];
    }
    for (place, index) in layout.behind.iter_mut().zip(order) {
        *place = index.map(&mut take).transpose()?;
    }
    if left > 0 {
        // The last buffer is told what it needs beside the others.
        let last = layout.behind.iter().rev().flatten().next().copied();
        if let Some(Part { index, length }) = last
            && let Some(buffer) = message.0.get_mut(index)
        {
            buffer.length = Some(length + left);
        }
        return Err(too_small());
    }
    let mut body = layout.body(message);
    layer.seal_scattered(&mut body, layout.front_length(), length)?;
    for Part { index, length } in
        layout.front.into_iter().chain(layout.behind.into_iter().flatten())
    {
        set_length(message, index, length);
    }
    if let (Some(token), Some(_), false) = (token, padding, shared) {
        set_length(message, token, 0);
    }
    Ok(())
}

fn set_length(message: &mut Message<'_, '_>, index: usize, length: usize) {
    if let Some(buffer) = message.0.get_mut(index) {
        buffer.length = Some(length);
    }
}

/// Where there is no buffer of another type: of two DATA buffers the second.
fn trailing_data(message: &Message<'_, '_>) -> Result<usize> {
    let mut texts = message.0.iter().enumerate().filter(|(_, buffer)| buffer.is_plaintext());
    if let (Some(_), Some((second, _)), None) = (texts.next(), texts.next(), texts.next()) {
        return Ok(second);
    }
    let reason = "encrypt: no PADDING or TOKEN, nor two DATA of which one is for the trailer";
    Err(Error::new(Status::INVALID_TOKEN, reason))
}

/// `DecryptMessage` without STREAM.
#[cold]
pub(super) fn open(layer: &Layer, message: &mut Message<'_, '_>) -> Result<()> {
    let first = message.plaintext().ok_or_else(no_buffer)?;
    let (padding, token) = (message.position(PADDING), message.position(TOKEN));
    let whole = |message: &mut Message<'_, '_>, index: usize| -> Result<Part> {
        Ok(Part { index, length: room(message, index)? })
    };
    let mut layout = Layout::default();
    match (padding, token) {
        (None, None) => (),
        (Some(padding), Some(token)) if token < first => {
            layout.front = Some(whole(message, token)?);
            layout.behind[0] = Some(whole(message, padding)?);
        }
        (Some(padding), Some(token)) => {
            layout.behind[0] = Some(whole(message, token.min(padding))?);
            layout.behind[1] = Some(whole(message, token.max(padding))?);
        }
        (Some(index), None) | (None, Some(index)) => {
            let part = Some(whole(message, index)?);
            layout.behind[0] = part;
            let front = Layout { front: part, ..Layout::default() };
            // A TOKEN before DATA may have either end: the one that is the next message's tells.
            if token.is_some_and(|token| token < first)
                && !layer.is_next(&layout.body(message))
                && layer.is_next(&front.body(message))
            {
                layout = front;
            } else {
                check_trailer(message.writable(index)?)?;
            }
        }
    }
    let text = layer.open_scattered(&mut layout.body(message), layout.front_length())?;
    tell_lengths(message, &layout, text);
    Ok(())
}

/// Tells each DATA buffer how much of the text it has, and the buffers behind, where it goes on there.
fn tell_lengths(message: &mut Message<'_, '_>, layout: &Layout, text: usize) {
    let mut left = text;
    for (index, buffer) in message.0.iter_mut().enumerate() {
        if layout.is_plaintext(index, buffer) {
            let length = buffer.data.bytes().len().min(left);
            buffer.length = Some(length);
            left -= length;
        }
    }
    for Part { index, length } in layout.behind.into_iter().flatten() {
        if left > 0 {
            let length = length.min(left);
            set_length(message, index, length);
            left -= length;
        }
    }
}
