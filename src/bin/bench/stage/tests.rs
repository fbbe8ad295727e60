use super::*;
use crate::floor::Sends;
use crate::testing::floor;

/// So many listen and speak in the language of `peer`, without any server.
fn stage(peer: Peer, listeners: usize, speakers: usize) -> Stage {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut stage = Stage::over(nowhere, peer.dialect()).unwrap();
    stage.listeners = listeners;
    stage.said = vec![0; speakers];
    stage
}

#[test]
fn who_hears_a_message_depends_on_the_server_and_on_who_reads() {
    let mut chat = stage(Peer::Floor(Sends::Gathered), 5, 3);
    assert_eq!(chat.hearers(), 5 + 2);
    assert!(chat.hears(0, 1) && chat.hears(4, 1));
    // The members behind those who listen are those who speak.
    assert!(chat.hears(5, 1) && !chat.hears(6, 1) && chat.hears(7, 1));
    chat.stalled = 2;
    assert_eq!(chat.hearers(), 3 + 2);
    assert!(!chat.hears(1, 1) && chat.hears(2, 1));

    let channel = stage(Peer::Redis, 5, 3);
    assert_eq!(channel.hearers(), 5);
    assert!(channel.hears(4, 1) && !channel.hears(5, 1));
}

#[test]
fn hearers_are_as_many_as_all_who_hear() {
    for peer in [Peer::Floor(Sends::Each), Peer::Nats] {
        let mut stage = stage(peer, 6, 4);
        stage.stalled = 2;
        for speaker in stage.speakers() {
            let hear = (0..10).filter(|&member| stage.hears(member, speaker));
            assert_eq!(hear.count() as u64, stage.hearers());
        }
    }
}

#[test]
fn a_message_has_as_many_receivers_as_were_asked_for() {
    for (receivers, speakers) in [(1, 1), (3, 3), (10, 4), (50, 51)] {
        let mut stage = floor(Sends::Gathered);
        stage.fill(receivers, speakers).unwrap();
        stage.wait_for_quiet().unwrap();
        assert_eq!(stage.hearers(), receivers as u64);
        assert_eq!(stage.crowd.len(), receivers + 1);
    }
}

#[test]
fn a_stage_knows_what_serves() {
    let stage = floor(Sends::Gathered);
    assert_eq!(stage.pid(), process::id());
    assert!(stage.cost().unwrap().resident_bytes > 0);
}
