//! Keeping the relay stocked with prekeys.

use airlock_protocol::{CurvePrekeySecret, CurveRole, KemPrekeySecret};
use airlock_wire::{Answer, KemRole, PREKEYS_PER_UPLOAD_MAX, PrekeyId, PrekeyUpload, Request};
use rusqlite::Connection;

use crate::{
    engine::{Engine, RegisterError, State},
    relay_client::{RelayClient, unexpected},
    vault::{VaultError, prekeys, sessions, settings},
};

/// The relay holds this many one-time prekeys of each kind after an upload: as many as fit one request.
const STOCK: u32 = PREKEYS_PER_UPLOAD_MAX as u32;

/// Below this many the stock is filled up again.
const STOCK_LOW: u32 = STOCK / 2;

/// The medium-term and last-resort keys are replaced after a week (PQXDH §3.2: "at some interval").
const ROTATE_AFTER_MS: u64 = 7 * DAY_MS;

/// Secrets are kept this long, so that first messages that were under way while the keys were replaced can still be
/// opened: longer than a relay keeps an envelope (45 days), and a week for the rotation.
const KEEP_MS: u64 = 52 * DAY_MS;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

impl Engine {
    /// Fills the relay's stock of our prekeys up, if it is low, and replaces the old ones.
    pub(crate) async fn publish_prekeys(&self, client: &RelayClient) -> Result<(), RegisterError> {
        let left = match client.ask(Request::CountPrekeys).await? {
            Answer::PrekeysLeft { curve, kem } => curve.min(kem),
            other => return Err(unexpected(&other).into()),
        };
        let Some(upload) = self.prepare_prekeys(left)? else { return Ok(()) };
        match client.ask(Request::PublishPrekeys(upload)).await? {
            Answer::PrekeysLeft { .. } => Ok(()),
            other => Err(unexpected(&other).into()),
        }
    }

    /// Makes what is missing, stores the secrets, and gives what is to be published. None when nothing is.
    fn prepare_prekeys(&self, left: u32) -> Result<Option<PrekeyUpload>, VaultError> {
        let now_ms = self.now_ms();
        let mut state = self.state()?;
        let State { vault, us, rng, .. } = &mut *state;
        let current =
            match (prekeys::newest_signed(vault.read())?, prekeys::newest_last_resort(vault.read())?) {
                (Some((signed, made_ms)), Some(last)) if now_ms < made_ms.saturating_add(ROTATE_AFTER_MS) => {
                    Some((signed, last))
                }
                _ => None,
            };
        if current.is_some() && left >= STOCK_LOW {
            return Ok(None);
        }
        vault.write(|db| {
            let mut next = settings::get(db, settings::Name::NextPrekey)?.unwrap_or(1);
            let (signed, last_resort) = match current {
                Some(keys) => keys,
                None => {
                    let signed = CurvePrekeySecret::generate(CurveRole::Signed, take(&mut next), &mut **rng);
                    let last = KemPrekeySecret::generate(KemRole::LastResort, take(&mut next), &mut **rng);
                    prekeys::put_curve(db, &signed, now_ms)?;
                    prekeys::put_kem(db, &last, now_ms)?;
                    (signed, last)
                }
            };
            let (mut one_time, mut one_time_kem) = (Vec::new(), Vec::new());
            for _ in left..STOCK {
                let curve = CurvePrekeySecret::generate(CurveRole::OneTime, take(&mut next), &mut **rng);
                let kem = KemPrekeySecret::generate(KemRole::OneTime, take(&mut next), &mut **rng);
                prekeys::put_curve(db, &curve, now_ms)?;
                prekeys::put_kem(db, &kem, now_ms)?;
                one_time.push(curve.public(us.device()));
                one_time_kem.push(kem.public(us.device()));
            }
            let before_ms = now_ms.saturating_sub(KEEP_MS);
            prekeys::delete_older(db, before_ms)?;
            sessions::drop_forgotten(db, before_ms)?;
            store_next(db, next)?;
            let (signed, last_resort) = (signed.public(us.device()), last_resort.public(us.device()));
            Ok(Some(PrekeyUpload { signed, last_resort, one_time, one_time_kem }))
        })
    }
}

/// Numbers are never used twice; after 2^32 of them the oldest are long deleted.
fn take(next: &mut u32) -> PrekeyId {
    let id = PrekeyId(*next);
    *next = next.wrapping_add(1);
    id
}

fn store_next(db: &Connection, next: u32) -> Result<(), VaultError> {
    settings::put(db, settings::Name::NextPrekey, &next)
}
