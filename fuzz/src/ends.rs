//! Calls on the two ends of an exchange, each buffer a heap block of exactly its size, and the
//! oracles that hold for every call: nothing is written beyond a capacity, a call that fails writes
//! nothing, and one that had too little room can be repeated.

use std::ffi::{CString, c_void};
use std::ptr;

use crate::abi::{self, SecBuffer, SecBufferDesc, SecHandle};
use crate::fault;
use crate::input::Input;

/// What is in a buffer before a call that may write it.
const BEFORE: u8 = 0xA5;

/// Memory of exactly a size.
pub struct Block(Box<[u8]>);

impl Block {
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub fn room(length: usize) -> Self {
        Self(vec![BEFORE; length].into_boxed_slice())
    }

    pub fn buffer(&mut self, kind: u32) -> SecBuffer {
        let memory = if self.0.is_empty() { ptr::null_mut() } else { self.0.as_mut_ptr() };
        SecBuffer { length: u32::try_from(self.0.len()).unwrap(), kind, memory: memory.cast() }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn is_unwritten(&self) -> bool {
        self.0.iter().all(|byte| *byte == BEFORE)
    }
}

/// Which function takes the step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Accept,
    SaslAccept,
    Initialize,
    SaslInitialize,
}

impl Function {
    fn serves(self) -> bool {
        matches!(self, Self::Accept | Self::SaslAccept)
    }

    fn allocate(self) -> u32 {
        match self {
            Self::Accept | Self::SaslAccept => abi::ASC_ALLOCATE,
            Self::Initialize | Self::SaslInitialize => abi::ISC_ALLOCATE,
        }
    }
}

/// One end of an exchange.
pub struct End {
    pub function: Function,
    pub credential: SecHandle,
    pub context: Option<SecHandle>,
    pub flags: u32,
    /// The client's target.
    pub target: Vec<u8>,
    /// How many tokens there may be.
    pub tokens: usize,
}

/// What a step returned.
pub struct Step {
    pub status: i32,
    pub tokens: Vec<Vec<u8>>,
    pub attributes: u32,
}

impl Step {
    pub fn token(&self) -> &[u8] {
        self.tokens.first().map_or(&[], Vec::as_slice)
    }
}

impl End {
    pub fn new(function: Function, credential: SecHandle, flags: u32) -> Self {
        Self { function, credential, context: None, flags, target: vec![], tokens: 1 }
    }

    /// Takes a step with these input buffers; the fuzzer chooses how much room there is, and whose.
    pub fn step(&mut self, input: &mut Input<'_>, given: &[(u32, &[u8])]) -> Step {
        let mut step = self.taken(input, given);
        step.status = self.with_fault(step.status);
        step
    }

    fn taken(&mut self, input: &mut Input<'_>, given: &[(u32, &[u8])]) -> Step {
        let choice = input.byte();
        if choice & 3 == 1 {
            return self.call(given, None);
        }
        if choice & 3 == 2 {
            let room = input.below(400);
            let step = match self.attempt(given, &vec![room; self.tokens]) {
                Ok(step) => step,
                Err(needed) => {
                    let again = self.attempt(given, &needed);
                    assert!(again.is_ok(), "ORACLE room: too little where enough was said");
                    again.unwrap_or_else(|_| unreachable!())
                }
            };
            return step;
        }
        self.call(given, Some(&vec![8192; self.tokens]))
    }

    /// A call that says what it needs, token by token, until there is enough.
    fn attempt(&mut self, given: &[(u32, &[u8])], rooms: &[usize]) -> Result<Step, Vec<usize>> {
        let mut rooms = rooms.to_vec();
        for _ in 0..=self.tokens {
            let step = self.call(given, Some(&rooms));
            if step.status != abi::BUFFER_TOO_SMALL {
                return Ok(step);
            }
            // The lengths needed are in the place of the tokens.
            for (room, needed) in rooms.iter_mut().zip(&step.tokens) {
                let needed = usize::from_le_bytes(needed.as_slice().try_into().unwrap());
                *room = needed.max(*room);
            }
        }
        Err(rooms)
    }

    fn call(&mut self, given: &[(u32, &[u8])], rooms: Option<&[usize]>) -> Step {
        let mut blocks: Vec<Block> = given.iter().map(|(_, bytes)| Block::of(bytes)).collect();
        let mut inputs: Vec<SecBuffer> =
            blocks.iter_mut().zip(given).map(|(block, (kind, _))| block.buffer(*kind)).collect();
        let mut room: Vec<Block> =
            rooms.unwrap_or_default().iter().map(|room| Block::room(*room)).collect();
        let nothing = SecBuffer { length: 0, kind: abi::TOKEN, memory: ptr::null_mut() };
        let mut outputs: Vec<SecBuffer> = match rooms {
            Some(_) => room.iter_mut().map(|block| block.buffer(abi::TOKEN)).collect(),
            None => vec![nothing; self.tokens],
        };
        let (before, offered) = (outputs.clone(), inputs.clone());
        let mut attributes = 0x5EED;
        let mut fresh = SecHandle::UNTOUCHED;
        let status =
            self.invoke(&mut inputs, &mut outputs, rooms.is_none(), &mut fresh, &mut attributes);
        for (block, (_, bytes)) in blocks.iter().zip(given) {
            assert!(block.bytes() == *bytes, "ORACLE input: an input buffer was written");
        }
        assert!(inputs == offered, "ORACLE input: the description of an input was written");
        if status < 0 && self.tells() && status != abi::BUFFER_TOO_SMALL && outputs != before {
            assert!(
                attributes == 0x5EED && fresh == SecHandle::UNTOUCHED,
                "ORACLE failure: written"
            );
            let tokens = outputs.iter().zip(&before).map(|(output, before)| taken(output, before));
            return Step { status, tokens: tokens.collect(), attributes: 0 };
        }
        if status < 0 {
            let unwritten = room.iter().all(Block::is_unwritten);
            assert!(unwritten, "ORACLE failure: a failed call wrote into its output");
            assert!(
                attributes == 0x5EED && fresh == SecHandle::UNTOUCHED,
                "ORACLE failure: written"
            );
            let lengths =
                |all: &[SecBuffer]| -> Vec<u32> { all.iter().map(|one| one.length).collect() };
            if status != abi::BUFFER_TOO_SMALL {
                assert!(outputs == before, "ORACLE failure: a failed call changed a buffer");
                return Step { status, tokens: vec![], attributes: 0 };
            }
            let (needed, had) = (lengths(&outputs), lengths(&before));
            let more = needed.iter().zip(&had).any(|(needed, had)| needed > had);
            assert!(more, "ORACLE room: too little, and no more is needed");
            let tokens = needed.iter().map(|needed| (*needed as usize).to_le_bytes().to_vec());
            return Step { status, tokens: tokens.collect(), attributes: 0 };
        }
        if self.context.is_none() {
            assert_ne!(fresh, SecHandle::UNTOUCHED, "ORACLE handle: a first step wrote none");
            self.context = Some(fresh);
        }
        let tokens = outputs.iter().zip(&before).map(|(output, before)| taken(output, before));
        Step { status, tokens: tokens.collect(), attributes }
    }

    fn invoke(
        &mut self,
        inputs: &mut [SecBuffer],
        outputs: &mut [SecBuffer],
        allocate: bool,
        fresh: &mut SecHandle,
        attributes: &mut u32,
    ) -> i32 {
        let (mut given, mut taken) = (SecBufferDesc::of(inputs), SecBufferDesc::of(outputs));
        let flags = self.flags | if allocate { self.function.allocate() } else { 0 };
        let mut context = self.context;
        let old = context.as_mut().map_or(ptr::null_mut(), |context| &raw mut *context);
        let mut credential = self.credential;
        let target = CString::new(self.target.clone()).unwrap();
        let target = target.as_ptr().cast_mut();
        let mut expiry = 0;
        // SAFETY: every pointer is to memory of the documented type and of exactly the size said.
        unsafe {
            match self.function {
                Function::Accept | Function::SaslAccept => {
                    let function = match self.function {
                        Function::Accept => abi::AcceptSecurityContext,
                        _ => abi::SaslAcceptSecurityContext,
                    };
                    function(
                        &mut credential,
                        old,
                        &mut given,
                        flags,
                        0,
                        fresh,
                        &mut taken,
                        attributes,
                        &mut expiry,
                    )
                }
                Function::Initialize | Function::SaslInitialize => {
                    let function = match self.function {
                        Function::Initialize => abi::InitializeSecurityContextA,
                        _ => abi::SaslInitializeSecurityContextA,
                    };
                    function(
                        &mut credential,
                        old,
                        target,
                        flags,
                        0,
                        0,
                        &mut given,
                        0,
                        fresh,
                        &mut taken,
                        attributes,
                        &mut expiry,
                    )
                }
            }
        }
    }

    /// Whether a call that fails may say why in its output.
    fn tells(&self) -> bool {
        self.function.serves() && self.flags & abi::ASC_EXTENDED_ERROR != 0
    }

    fn with_fault(&self, status: i32) -> i32 {
        let server = self.function.serves();
        if server && status == abi::LOGON_DENIED && fault::is("denied-is-success") {
            return abi::OK;
        }
        if server && status == abi::OK && fault::is("right-refused") {
            return abi::LOGON_DENIED;
        }
        status
    }
}

/// The token in an output buffer, which is no longer than its room was.
fn taken(output: &SecBuffer, before: &SecBuffer) -> Vec<u8> {
    let mut length = output.length as usize;
    if fault::is("length-beyond-capacity") {
        length = before.length as usize + 1;
    }
    if output.memory != before.memory {
        // SAFETY: memory that the library allocated for this many bytes.
        let token =
            unsafe { std::slice::from_raw_parts(output.memory.cast::<u8>(), length) }.to_vec();
        // SAFETY: the same memory, not used after.
        assert_eq!(unsafe { abi::FreeContextBuffer(output.memory) }, abi::OK);
        return token;
    }
    assert!(length <= before.length as usize, "ORACLE capacity: {length} of {}", before.length);
    if fault::is("overrun") {
        // SAFETY: none: this is what AddressSanitizer must see.
        unsafe { output.memory.cast::<u8>().add(before.length as usize).write(0) };
    }
    if length == 0 {
        return vec![];
    }
    // SAFETY: the caller's block, as long as its capacity.
    unsafe { std::slice::from_raw_parts(output.memory.cast::<u8>(), length) }.to_vec()
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(context) = &mut self.context {
            delete(context);
        }
    }
}

/// Deletes a context, which is known once and then no more.
pub fn delete(context: &mut SecHandle) {
    // SAFETY: a handle by value.
    let (first, second) =
        unsafe { (abi::DeleteSecurityContext(context), abi::DeleteSecurityContext(context)) };
    if std::thread::panicking() {
        return;
    }
    assert_eq!((first, second), (abi::OK, abi::INVALID_HANDLE), "ORACLE handle: deleted twice");
}

/// An attribute of a context; the status where there is none.
pub fn attribute<T: Default>(context: &mut SecHandle, which: u32) -> Result<T, i32> {
    let mut value = T::default();
    let into: *mut c_void = (&raw mut value).cast();
    // SAFETY: the structure of that attribute.
    match unsafe { abi::QueryContextAttributesA(context, which, into) } {
        abi::OK => Ok(value),
        status => Err(status),
    }
}
