//! Starts the cluster in the folder named first, prints its connection string and holds it until standard input ends.
//! With a second argument, an idle time in seconds, it joins a throw-away cluster and leaves it.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use private_postgres::{Options, start, throw_away};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let data_dir = PathBuf::from(arguments.next().ok_or("usage: hold <data folder> [idle seconds]")?);
    if let Some(idle) = arguments.next() {
        let shared = throw_away(&data_dir, Duration::from_secs(idle.parse()?))?;
        println!("{}", shared.url("postgres"));
        return Ok(());
    }
    let postgres = start(&Options::durable(data_dir))?;
    println!("{}", postgres.url("postgres"));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    postgres.stop()?;
    Ok(())
}
