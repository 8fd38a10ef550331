//! How often a second this disk makes a write durable: what every durable answer waits for.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

/// `fdatasync` calls a second after a write of one page, in the folder where the databases are.
pub(crate) fn syncs_a_second(folder: &Path) -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile_in(folder)?;
    write(&mut file)?;
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        write(&mut file)?;
        done += 1;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}

fn write(file: &mut File) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&[7; 4096])?;
    file.sync_data()
}
