//! Deadlines of the threads that ask, with an asker that answers when it is told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Takes each answer from the test; an empty text makes it panic.
struct Told {
    answers: Arc<Mutex<mpsc::Receiver<String>>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    asked: AtomicUsize,
}

impl Asker for Told {
    type Question = String;
    type Answer = String;

    fn ask(&mut self, question: &String) -> Result<String, Unavailable> {
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.lock().unwrap().recv().unwrap();
        assert!(!answer.is_empty(), "on purpose");
        Ok(format!("{question}: {answer}"))
    }
}

fn told(most: usize, timeout: u64) -> (Arc<Workers<Told>>, mpsc::Sender<String>, Arc<Counts>) {
    let (sender, receiver) = mpsc::channel();
    let answers = Arc::new(Mutex::new(receiver));
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    let workers = Workers::new(most, Duration::from_millis(timeout), move || {
        counted.made.fetch_add(1, Ordering::Relaxed);
        Told { answers: Arc::clone(&answers), counts: Arc::clone(&counted) }
    });
    (workers, sender, counts)
}

/// One thread, which was asked and is late. A question whose deadline has passed before the thread is running
/// is never asked: where a machine is that slow, the deadline is put off.
fn late() -> (Arc<Workers<Told>>, mpsc::Sender<String>, Arc<Counts>) {
    let mut timeout = 20;
    loop {
        let (workers, answers, counts) = told(1, timeout);
        let Unavailable(reason) = workers.ask("first".to_owned()).unwrap_err();
        assert_eq!(reason, format!("no answer within {timeout} ms"));
        if counts.asked.load(Ordering::Relaxed) == 1 {
            return (workers, answers, counts);
        }
        assert!(timeout < 60_000, "never asked");
        timeout *= 2;
        // To a thread that begins just now.
        answers.send("nobody waits".to_owned()).unwrap();
    }
}

#[test]
fn one_thread_answers_one_after_the_other() {
    let (workers, answers, counts) = told(4, 60_000);
    for number in 0..10 {
        answers.send(number.to_string()).unwrap();
        assert_eq!(workers.ask("q".to_owned()).unwrap(), format!("q: {number}"));
    }
    assert_eq!(counts.made.load(Ordering::Relaxed), 1);
}

#[test]
fn a_late_answer_is_waited_for_until_the_deadline_and_no_other_question_gets_it() {
    let (workers, answers, counts) = late();
    // While it is late nothing is waited for.
    let Unavailable(reason) = workers.ask("second".to_owned()).unwrap_err();
    assert_eq!(reason, "every connection is late with an answer");
    answers.send("late".to_owned()).unwrap();
    while workers.state.lock().idle.is_empty() {
        std::thread::yield_now();
    }
    answers.send("in time".to_owned()).unwrap();
    // The deadline may be too near for a busy machine: but no other answer comes.
    match workers.ask("third".to_owned()) {
        Ok(answer) => assert_eq!(answer, "third: in time"),
        Err(Unavailable(reason)) => assert!(reason.starts_with("no answer"), "{reason}"),
    }
    assert_eq!(counts.made.load(Ordering::Relaxed), 1);
}

#[test]
fn more_callers_than_threads_wait_their_turn() {
    let (workers, answers, counts) = told(2, 60_000);
    let callers: Vec<_> = (0..8)
        .map(|number| {
            let workers = Arc::clone(&workers);
            std::thread::spawn(move || workers.ask(number.to_string()).unwrap())
        })
        .collect();
    for _ in 0..8 {
        answers.send("yes".to_owned()).unwrap();
    }
    for (number, caller) in callers.into_iter().enumerate() {
        assert_eq!(caller.join().unwrap(), format!("{number}: yes"));
    }
    assert!(counts.made.load(Ordering::Relaxed) <= 2);
}

#[test]
fn a_thread_that_panics_is_replaced() {
    let (workers, answers, counts) = told(1, 60_000);
    answers.send(String::new()).unwrap();
    let Unavailable(reason) = workers.ask("q".to_owned()).unwrap_err();
    assert_eq!(reason, "the thread that asked has ended");
    while workers.state.lock().threads > 0 {
        std::thread::yield_now();
    }
    answers.send("again".to_owned()).unwrap();
    // The mutex of this test is poisoned by then: what counts is that another was made.
    let _ = workers.ask("q".to_owned());
    assert_eq!(counts.made.load(Ordering::Relaxed), 2);
}

#[test]
fn without_a_thread_it_says_so() {
    let (workers, _answers, _counts) = told(1, 60_000);
    let mut workers = Arc::into_inner(workers).unwrap();
    workers.spawn = |_, _| Err(io::Error::other("none left"));
    let Unavailable(reason) = workers.ask("q".to_owned()).unwrap_err();
    assert_eq!(reason, "no thread: none left");
}
