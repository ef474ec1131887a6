use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const KEY_BYTES: usize = 32;
/// How often, and how long apart, a file is read that another process may be writing just now.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The file holds something else than a key.
#[derive(Debug, thiserror::Error)]
#[error("the file does not hold {KEY_BYTES} bytes in hexadecimal")]
pub struct InvalidKeyFile;

/// The key in a file, which is created with a random one when it is missing: readable by its owner
/// alone, 32 bytes from the operating system in hexadecimal. Of several processes that create it at
/// once, one wins and the others read. Blocks for at most a second.
pub fn read_or_create(path: &Path) -> io::Result<Vec<u8>> {
    match create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        created => created,
    }
}

fn create(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    writeln!(file, "{}", hex::encode(&key))?;
    file.sync_all()?;
    Ok(key)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        let key = hex::decode(fs::read_to_string(path)?.trim()).unwrap_or_default();
        if key.len() == KEY_BYTES {
            return Ok(key);
        }
        sleep(PAUSE);
    }
    Err(io::Error::new(ErrorKind::InvalidData, InvalidKeyFile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_creates_the_file_for_its_owner_alone_and_all_others_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| read_or_create(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| key.len() == 32 && *key == keys[0] && *key != [0; 32]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "secret").unwrap();
        assert_eq!(read_or_create(&path).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
