//! One connection's queries: what they are asked, what a row means, and which faults are whose.

use std::sync::Arc;

use super::Settings;
use super::odbc::{Cell, Connection, Fault, PARAMETERS, Statement, TRUNCATED};
use super::workers::Asker;
use crate::accounts::question::Question;
use crate::accounts::scram::Hash;
use crate::accounts::stored_form::{self, Form};
use crate::accounts::{Algorithm, Unavailable};
use crate::secret::Secret;

/// What a fault's reason begins with where names have been given to the driver.
const ASKING: &str = "asking";

/// What `MariaDB` and `MySQL` say of a name that the column's character set lacks, in the state `HY000`:
/// `ER_CANT_AGGREGATE_2COLLATIONS`, `ER_IMPOSSIBLE_STRING_CONVERSION`.
const UNHOLDABLE: [i32; 2] = [1267, 3988];

/// The queries of the settings.
#[derive(Clone, Copy, Debug)]
enum Query {
    Md5,
    Sha256,
    Scram,
    Userhash,
}

/// What is to be looked up.
#[derive(Debug)]
pub(super) struct Asked {
    query: Query,
    /// The user's name, or the digits of its hash.
    first: String,
    /// The realm, or SCRAM's mechanism.
    second: String,
}

impl Asked {
    pub(super) fn account(question: &Question, form: Form) -> Result<Self, Unavailable> {
        let query = match question.algorithm {
            Algorithm::Sha256 if form != Form::Password => Query::Sha256,
            _ => Query::Md5,
        };
        Self::of(query, &question.user, &question.realm)
    }

    /// What an account has for SCRAM: keys, or the password where there is no query of keys.
    pub(super) fn scram(question: &Question<Hash>, keys: bool) -> Result<Self, Unavailable> {
        let (query, second) =
            if keys { (Query::Scram, question.algorithm.mechanism()) } else { (Query::Md5, "") };
        Self::of(query, &question.user, second)
    }

    pub(super) fn hashed(digits: &str, realm: &str) -> Result<Self, Unavailable> {
        Self::of(Query::Userhash, digits, realm)
    }

    fn of(query: Query, first: &str, second: &str) -> Result<Self, Unavailable> {
        let copied = |text: &str| stored_form::to_text(text.as_bytes());
        Ok(Self { query, first: copied(first)?, second: copied(second)? })
    }
}

/// The one row that was found.
pub(super) struct Row {
    /// The first column; `None` for NULL.
    pub(super) value: Option<Cell>,
    /// The second column, where the query has one: the account's name.
    pub(super) name: Option<Secret<Vec<u8>>>,
    /// The third one, likewise: its realm.
    pub(super) realm: Option<Secret<Vec<u8>>>,
}

/// What a query must have.
struct Needs {
    parameters: usize,
    columns: usize,
}

/// A connection, once it has been wanted.
pub(super) struct SqlSession {
    settings: Arc<Settings>,
    open: Option<Open>,
}

/// Statements go before their connection.
struct Open {
    statements: [Option<Statement>; 4],
    connection: Connection,
}

/// Why a look-up has no row.
enum Failure {
    /// Nobody can have such a name (class 22 of `SQLSTATE` when it is given to the database): peers choose
    /// names.
    NoSuchName,
    /// The connection or the query.
    Broken(Unavailable),
    /// What the query answers is not what the settings say.
    Unfit(&'static str),
}

impl SqlSession {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, open: None }
    }

    fn connect(&mut self) -> Result<(), Unavailable> {
        let seconds = self.settings.timeout.as_millis().div_ceil(1000);
        let seconds = usize::try_from(seconds).unwrap_or(1);
        let connection = Connection::open(self.settings.connection.expose(), seconds)
            .map_err(|fault| worded("connecting", &fault))?;
        self.open = Some(Open { statements: [const { None }; 4], connection });
        Ok(())
    }

    fn try_once(&mut self, asked: &Asked) -> Result<Option<Row>, Failure> {
        if self.open.is_none() {
            self.connect().map_err(Failure::Broken)?;
        }
        let settings = &self.settings;
        let needs = match (asked.query, settings.form) {
            (Query::Userhash, _) => Needs { parameters: 1, columns: 1 },
            (Query::Scram, _) | (_, Form::Password) => Needs { parameters: 1, columns: 2 },
            // A response proves the hash, not the names that it was made of: those that the peer says
            // must be the row's.
            _ => Needs { parameters: 2, columns: 2 },
        };
        let text = match asked.query {
            Query::Md5 => settings.query.as_ref(),
            Query::Sha256 => settings.query_sha256.as_ref(),
            Query::Scram => settings.query_scram.as_ref(),
            Query::Userhash => settings.query_userhash.as_ref(),
        };
        let (Some(text), Some(open)) = (text, &mut self.open) else { return Ok(None) };
        let Some(place) = open.statements.get_mut(asked.query as usize) else { return Ok(None) };
        let statement = if let Some(statement) = place {
            statement
        } else {
            let prepared = Statement::prepare(&open.connection, text);
            place.insert(prepared.map_err(|fault| Failure::of("preparing the query", &fault))?)
        };
        if !(1..=PARAMETERS).contains(&statement.count) {
            return Err(Failure::Unfit("the query has neither one ? nor two"));
        }
        if statement.count < needs.parameters {
            return Err(Failure::Unfit("a query of hashes wants two ?: the user and the realm"));
        }
        let result = row(statement, asked, needs.columns);
        statement.close();
        result
    }
}

fn row(statement: &mut Statement, asked: &Asked, needed: usize) -> Result<Option<Row>, Failure> {
    let parameters = [asked.first.as_str(), asked.second.as_str()];
    let parameters = parameters.get(..statement.count).unwrap_or_default();
    let fault = |fault: Fault| Failure::of(ASKING, &fault);
    let is_ascii = parameters.iter().all(|parameter| parameter.is_ascii());
    // Names are given to the database here, and here alone: later such a state speaks of what is stored.
    statement.execute(parameters).map_err(|found| {
        let is_of_a_name = found.state.starts_with("22");
        if is_of_a_name || (!is_ascii && UNHOLDABLE.contains(&found.native)) {
            return Failure::NoSuchName;
        }
        fault(found)
    })?;
    let columns = statement.columns().map_err(fault)?;
    if columns < needed {
        return Err(Failure::Unfit(
            "the query wants two columns: the secret and the account's name",
        ));
    }
    if !statement.fetch().map_err(fault)? {
        return Ok(None);
    }
    let value = statement.cell(1).map_err(fault)?;
    let mut names = [None, None];
    let mut is_named = true;
    for (name, number) in names.iter_mut().zip(2..).take(columns.saturating_sub(1)) {
        // NULL is nobody's name.
        *name = statement.cell(number).map_err(fault)?.map(|cell| cell.bytes);
        is_named &= name.is_some();
    }
    if statement.fetch().map_err(fault)? {
        return Err(Failure::Unfit("the query finds more than one row"));
    }
    let [name, realm] = names;
    Ok(is_named.then_some(Row { value, name, realm }))
}

impl Asker for SqlSession {
    type Question = Asked;
    type Answer = Option<Row>;

    /// On a kept connection a fault may be that of a server which has gone meanwhile, or of a table that
    /// was made anew: then once more on a new one.
    fn ask(&mut self, asked: &Asked) -> Result<Option<Row>, Unavailable> {
        let was_kept = self.open.is_some();
        let mut result = self.try_once(asked);
        if let Err(Failure::Broken(_)) = result {
            self.open = None;
            if was_kept {
                result = self.try_once(asked);
            }
        }
        match result {
            Ok(row) => Ok(row),
            Err(Failure::NoSuchName) => Ok(None),
            Err(Failure::Unfit(reason)) => Err(Unavailable(reason.to_owned())),
            Err(Failure::Broken(unavailable)) => {
                self.open = None;
                Err(unavailable)
            }
        }
    }
}

impl Failure {
    fn of(doing: &str, fault: &Fault) -> Self {
        if fault.state == TRUNCATED {
            return Self::Unfit("a value is longer than 4 KiB");
        }
        Self::Broken(worded(doing, fault))
    }
}

/// For the log. The driver's words count where no name can be in them: when connecting, and of a wrong
/// query (class 42).
fn worded(doing: &str, fault: &Fault) -> Unavailable {
    let Fault { state, native, message } = fault;
    if doing == ASKING && !state.starts_with("42") {
        return Unavailable(format!("{doing}: SQLSTATE {state}, error {native}"));
    }
    Unavailable(format!("{doing}: SQLSTATE {state}, error {native}: {message}"))
}
