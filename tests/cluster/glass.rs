//! The glass view of one of several machines.

use serde_json::{Value, json};

use crate::machine_at;
use crate::support::redis::Redis;
use crate::support::{Client, or_skip, until};

fn look(client: &mut Client) -> Value {
    client.send_object(&json!({"action": "glass"}));
    client.skip_to_action("glass")
}

#[test]
fn each_machine_shows_its_own_threads_and_the_way_of_its_own_lines() {
    let redis = or_skip!(Redis::start(&[]));
    let [a, b] =
        ["a", "b"].map(|node| machine_at(&redis.address(), node, &["--glass", "everybody"]));
    let mut ann = Client::join_json(&a, "ann", "lobby");
    let mut bob = Client::join_json(&b, "bob", "lobby");
    let _cid = Client::join(&b, "cid");
    let follow = json!({"action": "follow", "room": "lobby", "message": "hello", "id": 9});
    ann.send_object(&follow);
    until("the line is answered", || ann.object()["id"] == 9);
    assert_eq!(bob.skip_to_action("chat")["message"], "hello");
    // Looking at one machine takes nothing from the picture of the other.
    for (client, people) in [(&mut bob, &["bob", "cid"][..]), (&mut ann, &["ann"])] {
        let view = look(client);
        let readers = view["readers"].as_array().unwrap();
        let names: Vec<&Value> = readers.iter().map(|reader| &reader["username"]).collect();
        assert_eq!(names, people);
        let way = &view["followed"];
        if people.contains(&"bob") {
            assert!(way.is_null(), "{view}");
            continue;
        }
        assert_eq!((&way["recipients"], &way["full_sockets"]), (&json!(2), &json!(0)));
        let stations = ["read", "ready", "sent", "taken", "appended", "flushed"];
        let moments = stations.map(|station| way[station].as_u64().unwrap());
        assert!(moments.is_sorted(), "{way}");
        // A line is in the log, and comes back from it, before anybody is sent it.
        assert!(moments[4] > moments[3], "{way}");
    }
}

#[test]
fn who_may_look_is_the_same_on_all_machines() {
    let redis = or_skip!(Redis::start(&[]));
    let a = machine_at(&redis.address(), "a", &["--glass", "everybody"]);
    let told = crate::starts::refused(&redis.address(), "b", &["--glass", "off"]);
    assert!(told.contains("glass is off here and everybody on the other machines."), "{told}");
    let mut ann = Client::join_json(&a, "ann", "lobby");
    assert_eq!(look(&mut ann)["total"], 1);
}
