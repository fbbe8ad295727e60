//! The primitives under loom, with the same contracts as the real ones. Each operation is a point at which loom may let another
//! thread run, and loom knows which operation happens before which: reading what was written without such an order is an error.
//!
//! To show that a model would find a fault, a [`Fault`] breaks a contract.

use std::cell::Cell;
use std::fmt;

use loom::sync::atomic::{AtomicBool, Ordering};

/// A contract that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `unpark` wakes nobody.
    NoUnpark,
    /// Atomics order nothing.
    RelaxedAtomics,
    /// A value that was set once is not ordered after its making.
    RelaxedOnceLock,
    /// The first message that somebody waits to send gets lost.
    LostMessage,
}

std::thread_local! {
    /// All threads of a model are coroutines of one thread.
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Breaks a contract in all models of this thread.
pub fn set_fault(fault: Option<Fault>) {
    FAULT.set(fault);
}

fn has(fault: Fault) -> bool {
    FAULT.get() == Some(fault)
}

/// [`std::sync::OnceLock`]. Contract here: one thread sets it.
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    is_set: AtomicBool,
    /// Stands for the value in memory: nothing orders it but `is_set`.
    is_made: AtomicBool,
}

impl<T> OnceLock<T> {
    pub fn new() -> Self {
        let (is_set, is_made) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { value: std::sync::OnceLock::new(), is_set, is_made }
    }

    pub fn get(&self) -> Option<&T> {
        let relaxed = has(Fault::RelaxedOnceLock);
        let order = if relaxed { Ordering::Relaxed } else { Ordering::Acquire };
        if !self.is_set.load(order) {
            return None;
        }
        assert!(self.is_made.load(Ordering::Relaxed), "a value is seen before it is made");
        self.value.get()
    }

    pub fn get_or_init(&self, value: impl FnOnce() -> T) -> &T {
        if self.get().is_none() {
            self.value.get_or_init(value);
            self.is_made.store(true, Ordering::Relaxed);
            let relaxed = has(Fault::RelaxedOnceLock);
            self.is_set.store(true, if relaxed { Ordering::Relaxed } else { Ordering::Release });
        }
        self.value.get().expect("it has just been set, or was before")
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnceLock")
    }
}

/// `std::sync::atomic`.
pub mod atomic {
    use std::fmt;

    pub use loom::sync::atomic::Ordering;

    use super::{Fault, has};

    /// [`std::sync::atomic::AtomicU8`].
    #[derive(Default)]
    pub struct AtomicU8(loom::sync::atomic::AtomicU8);

    impl AtomicU8 {
        pub fn load(&self, order: Ordering) -> u8 {
            self.0.load(effective(order))
        }

        pub fn fetch_and(&self, bits: u8, order: Ordering) -> u8 {
            self.0.fetch_and(bits, effective(order))
        }

        pub fn fetch_or(&self, bits: u8, order: Ordering) -> u8 {
            self.0.fetch_or(bits, effective(order))
        }
    }

    impl fmt::Debug for AtomicU8 {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("AtomicU8")
        }
    }

    fn effective(order: Ordering) -> Ordering {
        if has(Fault::RelaxedAtomics) { Ordering::Relaxed } else { order }
    }
}

/// `std::thread`. Time does not pass: a wait with a timeout waits for its reason.
pub mod thread {
    use std::cell::RefCell;
    use std::fmt;
    use std::io;
    use std::marker::PhantomData;
    use std::sync::Arc;
    use std::time::Duration;

    use loom::sync::{Condvar, Mutex};
    use loom::thread::JoinHandle;

    use super::channel::{self, Receiver, Sender};
    use super::{Fault, has};

    loom::thread_local! {
        static CURRENT: RefCell<Option<Thread>> = RefCell::new(None);
    }

    /// [`std::thread::Thread`].
    #[derive(Clone, Default)]
    pub struct Thread(Arc<Token>);

    /// The token of `park` and `unpark`. (Those of loom are no points at which another thread may run.)
    #[derive(Default)]
    struct Token {
        is_there: Mutex<bool>,
        has_come: Condvar,
    }

    impl Thread {
        pub fn unpark(&self) {
            if !has(Fault::NoUnpark) {
                self.wake();
            }
        }

        /// The same for channels, which work.
        pub fn wake(&self) {
            *self.0.is_there.lock().expect("no thread panics with it") = true;
            self.0.has_come.notify_one();
        }

        fn wait(&self) {
            let mut is_there = self.0.is_there.lock().expect("no thread panics with it");
            while !*is_there {
                is_there = self.0.has_come.wait(is_there).expect("no thread panics with it");
            }
            *is_there = false;
        }
    }

    impl fmt::Debug for Thread {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Thread")
        }
    }

    pub fn current() -> Thread {
        CURRENT.with(|current| current.borrow_mut().get_or_insert_default().clone())
    }

    pub fn park() {
        current().wait();
    }

    pub fn park_timeout(_: Duration) {
        park();
    }

    /// In words of eight bytes. By default, loom gives a coroutine 4,096 of them.
    const STACK_WORDS: usize = 64 * 1024;

    type Body<'scope> = Box<dyn FnOnce() + Send + 'scope>;

    /// [`std::thread::Scope`]. Its threads begin with [`Scope::start`]: loom's threads may borrow nothing, so only the scope of a
    /// model, which borrows nothing either, can start them.
    pub struct Scope<'scope, 'env: 'scope> {
        spawned: Sender<Spawned<'scope>>,
        waiting: Receiver<Spawned<'scope>>,
        env: PhantomData<&'env mut &'env ()>,
    }

    /// A thread that has not begun. `None` comes last.
    type Spawned<'scope> = Option<(Thread, Body<'scope>)>;

    impl<'scope, 'env> Scope<'scope, 'env> {
        pub fn new() -> Self {
            let (spawned, waiting) = channel::unbounded();
            Self { spawned, waiting, env: PhantomData }
        }

        /// No more threads will be spawned.
        pub fn close(&self) {
            let _ = self.spawned.try_send(None);
        }
    }

    impl Scope<'static, 'static> {
        /// Starts the threads that wait.
        pub fn start(&self) -> Vec<JoinHandle<()>> {
            std::iter::from_fn(|| self.waiting.try_recv().ok().flatten()).map(start).collect()
        }

        /// Starts each thread as it is spawned, until [`Scope::close`].
        pub fn start_all(&self) -> Vec<JoinHandle<()>> {
            std::iter::from_fn(|| self.waiting.recv().ok().flatten()).map(start).collect()
        }
    }

    fn start((thread, body): (Thread, Body<'static>)) -> JoinHandle<()> {
        spawn(move || {
            CURRENT.with(|current| *current.borrow_mut() = Some(thread));
            body();
        })
    }

    /// Starts a thread of a model, with a stack for all that a dispatcher does.
    pub fn spawn(body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
        let builder = loom::thread::Builder::new().stack_size(STACK_WORDS);
        builder.spawn(body).expect("a coroutine needs memory only")
    }

    /// So that the server can be built. No model runs it as a whole.
    pub fn scope<'env, T>(body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T) -> T {
        body(Box::leak(Box::new(Scope::new())))
    }

    /// [`std::thread::Builder`].
    pub struct Builder;

    impl Builder {
        pub fn new() -> Self {
            Self
        }

        pub fn name(self, _: String) -> Self {
            self
        }

        pub fn stack_size(self, _: usize) -> Self {
            self
        }

        pub fn spawn_scoped<'scope, 'env>(
            self,
            scope: &'scope Scope<'scope, 'env>,
            body: impl FnOnce() + Send + 'scope,
        ) -> io::Result<Handle> {
            let thread = Thread::default();
            let _ = scope.spawned.try_send(Some((thread.clone(), Box::new(body))));
            Ok(Handle(thread))
        }
    }

    /// [`std::thread::ScopedJoinHandle`].
    pub struct Handle(Thread);

    impl Handle {
        pub fn thread(&self) -> &Thread {
            &self.0
        }
    }
}

/// `crossbeam_channel`, as far as the threads of a connection use it.
pub mod channel {
    use std::cell::Cell;
    use std::collections::VecDeque;
    use std::fmt;
    use std::sync::Arc;
    use std::time::Instant;

    pub use crossbeam_channel::{RecvError, SendError, TryRecvError, TrySendError};
    use loom::sync::{Mutex, MutexGuard};

    use super::thread::{self, Thread};
    use super::{Fault, has};

    std::thread_local! {
        static HAS_LOST: Cell<bool> = const { Cell::new(false) };
    }

    struct State<T> {
        queue: VecDeque<T>,
        capacity: usize,
        senders: usize,
        has_receiver: bool,
        /// The threads that wait for a change.
        waiting: Vec<Thread>,
    }

    struct Channel<T>(Mutex<State<T>>);

    impl<T> Channel<T> {
        fn state(&self) -> MutexGuard<'_, State<T>> {
            self.0.lock().expect("no thread panics with it")
        }

        /// Waits for any change since `state` was locked.
        fn wait(mut state: MutexGuard<'_, State<T>>) {
            state.waiting.push(thread::current());
            drop(state);
            thread::park();
        }
    }

    impl<T> State<T> {
        fn wake_all(&mut self) {
            self.waiting.drain(..).for_each(|thread| thread.wake());
        }
    }

    pub struct Sender<T>(Arc<Channel<T>>);

    pub struct Receiver<T>(Arc<Channel<T>>);

    pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
        HAS_LOST.set(false);
        let state = State {
            queue: VecDeque::new(),
            capacity,
            senders: 1,
            has_receiver: true,
            waiting: Vec::new(),
        };
        let channel = Arc::new(Channel(Mutex::new(state)));
        (Sender(Arc::clone(&channel)), Receiver(channel))
    }

    pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
        bounded(usize::MAX)
    }

    impl<T> Sender<T> {
        pub fn len(&self) -> usize {
            self.0.state().queue.len()
        }

        pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
            let mut state = self.0.state();
            if !state.has_receiver {
                return Err(TrySendError::Disconnected(message));
            }
            if state.queue.len() >= state.capacity {
                return Err(TrySendError::Full(message));
            }
            state.queue.push_back(message);
            state.wake_all();
            Ok(())
        }

        pub fn send(&self, mut message: T) -> Result<(), SendError<T>> {
            if has(Fault::LostMessage) && !HAS_LOST.replace(true) {
                return Ok(());
            }
            loop {
                message = match self.try_send(message) {
                    Ok(()) => return Ok(()),
                    Err(TrySendError::Disconnected(message)) => return Err(SendError(message)),
                    Err(TrySendError::Full(message)) => message,
                };
                let state = self.0.state();
                if state.has_receiver && state.queue.len() >= state.capacity {
                    Channel::wait(state);
                }
            }
        }
    }

    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Self {
            self.0.state().senders += 1;
            Self(Arc::clone(&self.0))
        }
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            // After a failure, loom drops the threads of the model as they are.
            if !std::thread::panicking() {
                let mut state = self.0.state();
                state.senders -= 1;
                state.wake_all();
            }
        }
    }

    impl<T> fmt::Debug for Sender<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Sender")
        }
    }

    /// All messages until the last sender is gone.
    pub struct Messages<T>(Receiver<T>);

    impl<T> Iterator for Messages<T> {
        type Item = T;

        fn next(&mut self) -> Option<T> {
            self.0.recv().ok()
        }
    }

    impl<T> IntoIterator for Receiver<T> {
        type Item = T;
        type IntoIter = Messages<T>;

        fn into_iter(self) -> Messages<T> {
            Messages(self)
        }
    }

    impl<T> Receiver<T> {
        pub fn len(&self) -> usize {
            self.0.state().queue.len()
        }

        pub fn try_recv(&self) -> Result<T, TryRecvError> {
            let mut state = self.0.state();
            if let Some(message) = state.queue.pop_front() {
                state.wake_all();
                return Ok(message);
            }
            let is_over = state.senders == 0;
            Err(if is_over { TryRecvError::Disconnected } else { TryRecvError::Empty })
        }

        pub fn recv(&self) -> Result<T, RecvError> {
            loop {
                match self.try_recv() {
                    Ok(message) => return Ok(message),
                    Err(TryRecvError::Disconnected) => return Err(RecvError),
                    Err(TryRecvError::Empty) => {}
                }
                let state = self.0.state();
                if state.queue.is_empty() && state.senders > 0 {
                    Channel::wait(state);
                }
            }
        }
    }

    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                let mut state = self.0.state();
                state.has_receiver = false;
                let queue = std::mem::take(&mut state.queue);
                state.wake_all();
                drop(state);
                drop(queue);
            }
        }
    }

    impl<'a, T> IntoIterator for &'a Receiver<T> {
        type Item = T;
        type IntoIter = std::iter::FromFn<Box<dyn FnMut() -> Option<T> + 'a>>;

        fn into_iter(self) -> Self::IntoIter {
            let next: Box<dyn FnMut() -> Option<T> + 'a> = Box::new(|| self.recv().ok());
            std::iter::from_fn(next)
        }
    }

    /// A message of one of two channels.
    pub enum First<A, B> {
        One(Result<A, RecvError>),
        Other(Result<B, RecvError>),
    }

    /// Waits for a message of either channel, or the end of one.
    pub fn first_of<A, B>(one: &Receiver<A>, other: &Receiver<B>) -> First<A, B> {
        loop {
            // Registered first, so that no change between the two looks gets lost.
            one.0.state().waiting.push(thread::current());
            other.0.state().waiting.push(thread::current());
            match one.try_recv() {
                Ok(message) => return First::One(Ok(message)),
                Err(TryRecvError::Disconnected) => return First::One(Err(RecvError)),
                Err(TryRecvError::Empty) => {}
            }
            match other.try_recv() {
                Ok(message) => return First::Other(Ok(message)),
                Err(TryRecvError::Disconnected) => return First::Other(Err(RecvError)),
                Err(TryRecvError::Empty) => {}
            }
            thread::park();
        }
    }

    pub fn at(_: Instant) {}

    /// `crossbeam_channel::select!` over two channels and a deadline, which never comes.
    macro_rules! select {
        (
            recv($one:expr) -> $message:ident => $then:expr,
            recv($other:expr) -> $request:ident => $otherwise:expr,
            recv($deadline:expr) -> _ => $late:expr,
        ) => {{
            $deadline;
            match $crate::server::sync::channel::first_of(&$one, &$other) {
                $crate::server::sync::channel::First::One($message) => $then,
                $crate::server::sync::channel::First::Other($request) => $otherwise,
            }
        }};
    }
    pub(crate) use select;
}
