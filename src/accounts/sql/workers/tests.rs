//! Deadlines of the threads that ask, with an asker that answers when it is told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Takes each answer from the test; an empty text makes it panic.
struct Told {
    answers: Arc<Mutex<mpsc::Receiver<String>>>,
}

impl Asker for Told {
    type Question = String;
    type Answer = String;

    fn ask(&mut self, question: &String) -> Result<String, Unavailable> {
        let answer = self.answers.lock().unwrap().recv().unwrap();
        assert!(!answer.is_empty(), "on purpose");
        Ok(format!("{question}: {answer}"))
    }
}

fn told(most: usize, timeout: u64) -> (Arc<Workers<Told>>, mpsc::Sender<String>, Arc<AtomicUsize>) {
    let (sender, receiver) = mpsc::channel();
    let answers = Arc::new(Mutex::new(receiver));
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let workers = Workers::new(most, Duration::from_millis(timeout), move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Told { answers: Arc::clone(&answers) }
    });
    (workers, sender, made)
}

#[test]
fn one_thread_answers_one_after_the_other() {
    let (workers, answers, made) = told(4, 60_000);
    for number in 0..10 {
        answers.send(number.to_string()).unwrap();
        assert_eq!(workers.ask("q".to_owned()).unwrap(), format!("q: {number}"));
    }
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn a_late_answer_is_waited_for_until_the_deadline_and_no_other_question_gets_it() {
    let (workers, answers, made) = told(1, 20);
    let Unavailable(reason) = workers.ask("first".to_owned()).unwrap_err();
    assert_eq!(reason, "no answer within 20 ms");
    // While it is late nothing is waited for.
    let Unavailable(reason) = workers.ask("second".to_owned()).unwrap_err();
    assert_eq!(reason, "every connection is late with an answer");
    answers.send("late".to_owned()).unwrap();
    while workers.state.lock().idle.is_empty() {
        std::thread::yield_now();
    }
    answers.send("in time".to_owned()).unwrap();
    // Twenty milliseconds may be too few for a busy machine: but no other answer comes.
    match workers.ask("third".to_owned()) {
        Ok(answer) => assert_eq!(answer, "third: in time"),
        Err(Unavailable(reason)) => assert!(reason.starts_with("no answer"), "{reason}"),
    }
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn more_callers_than_threads_wait_their_turn() {
    let (workers, answers, made) = told(2, 60_000);
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
    assert!(made.load(Ordering::Relaxed) <= 2);
}

#[test]
fn a_thread_that_panics_is_replaced() {
    let (workers, answers, made) = told(1, 60_000);
    answers.send(String::new()).unwrap();
    let Unavailable(reason) = workers.ask("q".to_owned()).unwrap_err();
    assert_eq!(reason, "the thread that asked has ended");
    while workers.state.lock().threads > 0 {
        std::thread::yield_now();
    }
    answers.send("again".to_owned()).unwrap();
    // The mutex of this test is poisoned by then: what counts is that another was made.
    let _ = workers.ask("q".to_owned());
    assert_eq!(made.load(Ordering::Relaxed), 2);
}

#[test]
fn without_a_thread_it_says_so() {
    let (workers, _answers, _made) = told(1, 60_000);
    let mut workers = Arc::into_inner(workers).unwrap();
    workers.spawn = |_, _| Err(io::Error::other("none left"));
    let Unavailable(reason) = workers.ask("q".to_owned()).unwrap_err();
    assert_eq!(reason, "no thread: none left");
}
