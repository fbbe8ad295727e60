//! Words of the world's scripts: everybody can say them, and choose them as a name.

use chatserv::chat::{Input, Line, NameError, Protocol, Time};
use chatserv::protocol::{Decoded, Decoder, clean};

use super::{key, name, refusal};

/// A script and some of its words: common ones, those with the most marks on a letter, and those with a joiner.
const WORDS: [(&str, &str); 50] = [
    ("Adlam", "𞤆𞤵𞤤𞤢𞤪 𞤀𞤣𞤤𞤢𞤥"),
    ("Arabic", "مُحَمَّد السَّلَامُ لَأَنَّهُۥ"),
    ("Armenian", "Հայերեն Բարեւ"),
    ("Balinese", "ᬒᬁᬲ᭄ᬯᬲ᭄ᬢ᭄ᬬᬲ᭄ᬢᬸ"),
    ("Bengali", "স্বাগতম বিশ্ববিদ্যালয় র‍্যাব ক্‌ষ"),
    ("Bopomofo", "ㄅㄆㄇㄈ"),
    ("Canadian", "ᐃᓄᒃᑎᑐᑦ ᓀᐦᐃᔭᐍᐏᐣ"),
    ("Chakma", "𑄌𑄋𑄴𑄟𑄳𑄦"),
    ("Cham", "ꨌꩌ"),
    ("Cherokee", "ᏣᎳᎩ ᎣᏏᏲ"),
    ("Cyrillic", "Здравствуйте Йожик Ӓӹ"),
    ("Devanagari", "नमस्ते श्रीमान् क्षत्रिय र्‍हस्व क्‍ष"),
    ("Ethiopic", "ሰላም አማርኛ"),
    ("Georgian", "გამარჯობა"),
    ("Greek", "Γειά ᾧ"),
    ("Gujarati", "નમસ્તે ગુજરાતી"),
    ("Gurmukhi", "ਪੰਜਾਬੀ ਸ੍ਰੀ"),
    ("Han", "中文 朋友"),
    ("Hangul", "안녕하세요 ᄒᆞᆫ"),
    ("Hebrew", "שָׁלוֹם וְיִשְּׂרָאֵ֖ל בְּרֵאשִׁ֖ית יְרוּשָׁלִַ֔ם"),
    ("Hiragana", "こんにちは が"),
    ("Javanese", "ꦱꦸꦒꦼꦁ ꦧꦱꦗꦮ"),
    ("Kannada", "ಕನ್ನಡ ರ‍್ಯಾಂಕ್"),
    ("Katakana", "コンニチハ ヴ"),
    ("Khmer", "សួស្ដី ខ្ញុំ ស្ត្រី"),
    ("Lao", "ສະບາຍດີ ນ້ຳ"),
    ("Latin", "Tiếng ệ̣́ Łódź"),
    ("Lepcha", "ᰛᰩᰵ"),
    ("Limbu", "ᤕᤰᤌᤢᤱ"),
    ("Lisu", "ꓡꓲꓢꓴ"),
    ("Malayalam", "നമസ്കാരം അവന്‍ ന്‍റെ ക്ഷ"),
    ("Meetei", "ꯃꯤꯇꯩꯂꯣꯟ"),
    ("Mongolian", "ᠮᠣᠩᠭᠣᠯ"),
    ("Myanmar", "မျှော်လင့်ပါတယ် လျှို့ဝှက် မြွှေ့ ကျွန်ုပ်"),
    ("Newa", "𑐣𑐾𑐥𑐵𑐮"),
    ("Nko", "ߒߞߏ ߛߓߍ߫"),
    ("Ol Chiki", "ᱥᱟᱱᱛᱟᱲᱤ"),
    ("Oriya", "ଓଡ଼ିଆ ନମସ୍କାର"),
    ("Persian", "می‌خواهم کتاب‌ها نمی‌شُد"),
    ("Sinhala", "ශ්‍රී ක්‍ෂ ආයුබෝවන්"),
    ("Sundanese", "ᮞᮥᮔ᮪ᮓ"),
    ("Syriac", "ܫܠܳܡܳܐ ܣܽܘܪܝܳܝܳܐ"),
    ("Tai Tham", "ᨲ᩠ᩅᩫᨾᩮᩬᩥᨦ"),
    ("Tamil", "வணக்கம் க்ஷௌ"),
    ("Telugu", "నమస్తే క్ష్మ్యై"),
    ("Thaana", "ދިވެހި"),
    ("Thai", "สวัสดี ที่นี่ น้ำ กรุงเทพฯ"),
    ("Tibetan", "བཀྲ་ཤིས་བདེ་ལེགས་ རྒྱལ ཧཱུྃ ཀྵྨླྺྼྂ"),
    ("Tifinagh", "ⵜⴰⵎⴰⵣⵉⵖⵜ"),
    ("Yi", "ꆈꌠꉙ"),
];

#[test]
fn words_of_all_scripts_are_said_and_are_names() {
    for (script, words) in WORDS {
        let line = Line { text: words.to_owned(), altered: false };
        let mut decoded = Decoded::default();
        let typed = format!("{words}\r\n");
        Decoder::new(Protocol::Plain, true).feed(typed.as_bytes(), Time::ZERO, &mut decoded);
        assert_eq!(decoded.inputs, [Input::Line(line)], "{script}");
        for word in words.split(' ') {
            let shown = name(word);
            assert_eq!(clean(shown.as_str().as_bytes()).text, shown.as_str(), "{script}");
        }
    }
}

/// A joiner that changes how a word looks is allowed, but makes no other name.
#[test]
fn joiners_stand_only_where_a_script_needs_them() {
    for (with, without) in
        [("می‌خواهم", "میخواهم"), ("ക്‍ഷ", "ക്ഷ"), ("ශ්‍රී", "ශ්රී"), ("র‍্যাব", "র্যাব"), ("ক্‌ষ", "ক্ষ")]
    {
        assert_eq!(key(with), key(without), "{with:?}");
    }
    for (text, joiner) in [
        // Between letters that do not join anyway, and at an end.
        ("دو\u{200c}ست", '\u{200c}'),
        ("\u{200c}می", '\u{200c}'),
        ("می\u{200c}", '\u{200c}'),
        ("می\u{200c}\u{200c}خ", '\u{200c}'),
        ("م\u{200d}ی", '\u{200d}'),
        ("क\u{200d}ष", '\u{200d}'),
        ("क\u{200c}ष", '\u{200c}'),
        ("क्\u{200c}", '\u{200c}'),
        ("क्\u{200d}\u{200d}ष", '\u{200d}'),
        ("ann\u{200c}a", '\u{200c}'),
        ("анн\u{200d}а", '\u{200d}'),
        ("王\u{200d}明", '\u{200d}'),
        ("👩\u{200d}👩", '\u{200d}'),
    ] {
        assert_eq!(refusal(text), NameError::Unseen(joiner), "{text:?}");
    }
}

#[test]
fn heaps_of_marks_are_neither_said_nor_names() {
    for (_, words) in WORDS {
        let letter = words.chars().next().unwrap();
        let heap = format!("{letter}{}", "\u{35c}\u{323}\u{489}".repeat(10));
        let Line { text, altered } = clean(heap.as_bytes());
        assert!(altered && text.chars().count() == 1 + 8, "{text:?}");
        assert_eq!(refusal(&heap), NameError::TooManyMarks);
    }
}
