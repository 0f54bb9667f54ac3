//! Engineers who leave or move: whose visits go to whom, and what goes along.

use super::{
    admin::Person,
    house::{House, Laptop, id},
};
use chrono::TimeDelta;
use doorstep_domain::{
    Code, Doc, Kind,
    id::{BranchId, EngineerId, RecordId},
};
use doorstep_hq::{accounts::Role, staff, storage::Key};
use serde_json::{Value, json};

/// A planned visit.
fn visit(branch: BranchId, engineer: EngineerId) -> (Key, Doc) {
    let doc = json!({"branch_id": branch, "engineer_id": engineer, "progress": {"state": "planned"}});
    (Key::new(Kind::VISIT, id()), doc.as_object().unwrap().clone())
}

/// How many of these visits are this engineer's.
async fn count_of(house: &House, visits: &[Key], engineer: EngineerId) -> usize {
    let stored = house.hq.storage().records(visits).await.unwrap();
    stored.iter().filter(|record| record.doc["engineer_id"] == json!(engineer)).count()
}

#[tokio::test]
async fn visits_that_an_engineer_who_moved_left_behind_are_their_old_branchs_to_hand_on() {
    let house = House::open().await;
    let (moves, stays) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let nanjing = house.laptop("NJ", "王芳").await;
    let near = Person::new(&house, "成都经理", Role::BranchManager, Some("CD")).await;
    let far = Person::new(&house, "南京经理", Role::BranchManager, Some("NJ")).await;
    let centre = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let [mover, colleague, other] = [&moves, &stays, &nanjing].map(|laptop: &Laptop| laptop.enrolled.engineer_id);
    let (chengdu, there) = (moves.enrolled.branch_id, nanjing.enrolled.branch_id);
    let left = [visit(chengdu, mover), visit(chengdu, mover)];
    let new = visit(there, mover);
    let (old, own) = ([left[0].0.clone(), left[1].0.clone()], [new.0.clone()]);
    house.hq.write(left.to_vec()).await.unwrap();
    centre.post(&format!("engineers/{mover}/move"), json!({"branch": "NJ"})).await.unwrap();
    house.hq.write(vec![new]).await.unwrap();

    let reassign = format!("engineers/{mover}/reassign");
    let to = |engineer: EngineerId, leaves: bool| json!({"to": engineer, "leaves": leaves});
    let done = far.post(&reassign, to(other, false)).await.unwrap();
    assert_eq!(done, json!({"visits": 1, "elsewhere": 2}), "Chengdu's stay Chengdu's, and that is said");
    assert_eq!((count_of(&house, &old, mover).await, count_of(&house, &own, other).await), (2, 1));
    assert_eq!(far.post(&reassign, to(colleague, false)).await, Err(Code::OutOfScope));

    assert_eq!(near.post(&reassign, to(other, false)).await, Err(Code::OutOfScope));
    assert_eq!(near.post(&reassign, to(colleague, true)).await, Err(Code::OutOfScope), "theirs no more");
    assert_eq!(count_of(&house, &old, mover).await, 2);
    let done = near.post(&reassign, to(colleague, false)).await.unwrap();
    assert_eq!(done, json!({"visits": 2, "elsewhere": 0}));
    assert_eq!((count_of(&house, &old, colleague).await, count_of(&house, &own, other).await), (2, 1));
    assert_eq!(near.post(&reassign, to(colleague, false)).await, Err(Code::OutOfScope), "nothing of theirs is left");
}

#[tokio::test]
async fn the_service_centre_hears_how_many_visits_of_other_branches_stayed() {
    let house = House::open().await;
    let (moves, stays) = (house.laptop("CD", "张伟").await, house.laptop("CD", "李娜").await);
    let nanjing = house.laptop("NJ", "王芳").await;
    let centre = Person::new(&house, "周芳", Role::ServiceCentre, None).await;
    let mover = moves.enrolled.engineer_id;
    let visits = vec![visit(moves.enrolled.branch_id, mover), visit(nanjing.enrolled.branch_id, mover)];
    house.hq.write(visits).await.unwrap();
    let reassign = format!("engineers/{mover}/reassign");
    for (to, elsewhere) in [(&stays, 1), (&nanjing, 0)] {
        let done = centre.post(&reassign, json!({"to": to.enrolled.engineer_id})).await.unwrap();
        assert_eq!(done, json!({"visits": 1, "elsewhere": elsewhere}));
    }
}

#[tokio::test]
async fn of_two_of_one_name_the_one_who_is_still_there_is_meant() {
    let house = House::open().await;
    let leaver = house.laptop("CD", "张伟").await.enrolled.engineer_id;
    let left = Doc::from_iter([("left".to_owned(), Value::from(true))]);
    house.hq.write(vec![(Key::new(Kind::ENGINEER, leaver.into()), left)]).await.unwrap();
    assert_eq!(staff::known(&house.hq, "CD", "张伟").await.unwrap(), leaver, "while there is no other");
    house.clock.forward(TimeDelta::minutes(1));
    let newcomer = house.laptop("CD", "张伟").await.enrolled.engineer_id;
    assert_ne!(RecordId::from(newcomer), RecordId::from(leaver));
    assert_eq!(staff::known(&house.hq, "CD", " 张伟 ").await.unwrap(), newcomer);
}

#[tokio::test]
async fn a_code_that_was_given_before_its_engineer_moved_enrols_into_the_new_branch() {
    let house = House::open().await;
    let (code, nanjing) = (house.code("CD", "张伟").await, house.laptop("NJ", "王芳").await);
    let mover = staff::known(&house.hq, "CD", "张伟").await.unwrap();
    staff::transfer(&house.hq, doorstep_hq::rights::By::Keeper, mover, "NJ").await.unwrap();
    let laptop = Laptop::enrolled(&house.base, &code, &house.clock).await;
    assert_eq!((laptop.enrolled.engineer_id, laptop.enrolled.branch_id), (mover, nanjing.enrolled.branch_id));
}
