//! What `audit` promises, on a database of its own for each test.

mod export;
mod history;
mod verify;
mod world;
