use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> IntentUri {
    text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

#[test]
fn the_vendors_own_examples_are_read() {
    let mi = parsed("intent:#Intent;launchFlags=0x14000000;component=com.example.chat/.OpenActivity;S.mid=42;end");
    assert_eq!(mi.launch_flags, Some(0x1400_0000));
    assert_eq!(mi.component.unwrap().class, ".OpenActivity");
    assert_eq!(mi.extras, [("mid".to_owned(), ExtraValue::Text("42".to_owned()))]);

    let huawei = parsed("intent://HOST/PATH?QUERY#Intent;scheme=SCHEME;launchFlags=0x4000000;S.key=text;i.n=180;end");
    assert_eq!(huawei.data, "//HOST/PATH?QUERY");
    assert_eq!(huawei.extras[1], ("n".to_owned(), ExtraValue::Int(180)));
}

#[test]
fn an_activity_prints_as_android_prints_it() {
    let params = BTreeMap::from([("order".to_owned(), "47 11/ü;end".to_owned())]);
    let intent = IntentUri::activity("com.example.app", "com.example.app.OrderActivity", &params);
    assert_eq!(
        intent.to_string(),
        "intent:#Intent;launchFlags=0x14000000;component=com.example.app/com.example.app.OrderActivity;\
         S.order=47%2011%2F%C3%BC%3Bend;end"
    );
}

#[test]
fn a_deep_link_keeps_its_host_and_query() {
    let intent = IntentUri::deep_link("shop://order/4711?from=push#top", "com.example.app").unwrap();
    assert_eq!(
        intent.to_string(),
        "intent://order/4711?from=push%23top#Intent;scheme=shop;action=android.intent.action.VIEW;\
         launchFlags=0x14000000;package=com.example.app;end"
    );
}

#[test]
fn each_fault_is_named() {
    let value = |name: &str, wanted| IntentFault::Value { name: name.to_owned(), wanted };
    let rows = [
        ("http://x#Intent;end", IntentFault::Scheme),
        ("intent:#Intent;", IntentFault::Frame),
        ("intent:x", IntentFault::Frame),
        ("intent:#Intent;S.a=1", IntentFault::Frame),
        ("intent:#Intent;S.a=1 2;end", IntentFault::Blank),
        ("intent:#Intent;novalue;end", IntentFault::Part("novalue".to_owned())),
        ("intent:#Intent;colour=red;end", IntentFault::Name("colour".to_owned())),
        ("intent:#Intent;x.a=1;end", IntentFault::Name("x.a".to_owned())),
        ("intent:#Intent;action=a;action=b;end", IntentFault::Twice("action".to_owned())),
        ("intent:#Intent;S.a=1;i.a=2;end", IntentFault::Twice("i.a".to_owned())),
        ("intent:#Intent;i.a=x;end", value("i.a", "a whole number of 32 bits")),
        ("intent:#Intent;d.a=inf;end", value("d.a", "finite")),
        ("intent:#Intent;component=.X;end", value("component", "package/class")),
        ("intent:#Intent;S.a=%ff;end", value("S.a", "percent-encoded UTF-8")),
    ];
    for (text, fault) in rows {
        assert_eq!(text.parse::<IntentUri>(), Err(fault), "{text}");
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,8}(\\.[a-zA-Z][a-zA-Z0-9_]{0,8}){1,3}"
}

fn extra_value() -> impl Strategy<Value = ExtraValue> {
    prop_oneof![
        any::<String>().prop_map(ExtraValue::Text),
        any::<bool>().prop_map(ExtraValue::Boolean),
        any::<i8>().prop_map(ExtraValue::Byte),
        any::<char>().prop_map(ExtraValue::Char),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(ExtraValue::Double),
        any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(ExtraValue::Float),
        any::<i32>().prop_map(ExtraValue::Int),
        any::<i64>().prop_map(ExtraValue::Long),
        any::<i16>().prop_map(ExtraValue::Short),
    ]
}

prop_compose! {
    fn intent()(
        data in "(//[a-z]{1,8}/[a-zA-Z0-9?=&%]{0,12})?",
        scheme in proptest::option::of("[a-z][a-z0-9+.-]{0,8}"),
        action in proptest::option::of(name()),
        categories in prop::collection::vec(name(), 0..3),
        mime_type in proptest::option::of("[a-z]{1,8}/[a-z*+]{1,8}"),
        launch_flags in proptest::option::of(any::<u32>()),
        package in proptest::option::of(name()),
        component in proptest::option::of((name(), "\\.?[A-Z][a-zA-Z$]{0,8}")),
        extras in prop::collection::btree_map("\\PC{1,8}", extra_value(), 0..5),
    ) -> IntentUri {
        let component = component.map(|(package, class)| Component { package, class });
        let extras = extras.into_iter().collect();
        IntentUri { data, scheme, action, categories, mime_type, launch_flags, package, component, extras }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(intent in intent()) {
        let text = intent.to_string();
        prop_assume!(text.len() <= IntentUri::MAX_BYTES);
        prop_assert_eq!(text.parse::<IntentUri>().map_err(|fault| format!("{text}: {fault}")), Ok(intent));
    }

    #[test]
    fn any_text_gets_an_answer(text in "\\PC{0,200}") {
        if let Ok(intent) = text.parse::<IntentUri>() {
            prop_assert_eq!(intent.to_string().parse::<IntentUri>(), Ok(intent));
        }
    }

    #[test]
    fn any_parts_get_an_answer(parts in "(S\\.|i\\.|action=|component=|[a-z%=;./0-9]){0,30}") {
        let text = format!("intent:#Intent;{parts};end");
        if let Ok(intent) = text.parse::<IntentUri>() {
            prop_assert_eq!(intent.to_string().parse::<IntentUri>(), Ok(intent));
        }
    }
}
