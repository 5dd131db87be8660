#include "base/text.h"
#include <catch2/catch.hpp>

using base::foldForSearch;
using base::toNfc;

namespace {

// "Tiếng Việt" with each mark as a combining character of its own.
constexpr const char* kDecomposed = "Tie\u0302\u0301ng Vie\u0323\u0302t";

}  // namespace

TEST_CASE("nfc: composed and decomposed Vietnamese are the same text") {
    CHECK(toNfc(kDecomposed).value() == "Tiếng Việt");
    CHECK(toNfc("Tiếng Việt").value() == "Tiếng Việt");
    CHECK(toNfc("Tie\u0302\u0301ng Vie\u0302\u0323t").value() ==
          "Tiếng Việt");  // the marks in another order
    CHECK(toNfc("Đ\u01A1\u031Bn").value() == toNfc(toNfc("Đ\u01A1\u031Bn").value()).value());
    CHECK(toNfc("").value().empty());
}

TEST_CASE("nfc: control characters go, line ends and tabs stay") {
    CHECK(toNfc(std::string("a\0b\x01\x1F\x7F\r\n\tc", 11)).value() == "ab\n\tc");
}

TEST_CASE("nfc: what is not UTF-8 is refused") {
    for (const char* text :
         {"\xFF", "\xC3", "a\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
        CHECK_FALSE(base::isUtf8(text));
        auto result = toNfc(text);
        REQUIRE_FALSE(result);
        CHECK(result.error().code == base::Code::Malformed);
    }
    CHECK(base::isUtf8("Thông Suốt \xF0\x9F\x93\x8B"));
    CHECK(base::isUtf8(""));
}

TEST_CASE("search: diacritics, case and đ make no difference") {
    CHECK(foldForSearch("Đặc khu Phú Quý") == "dac khu phu quy");
    CHECK(foldForSearch("ĐẶC KHU PHÚ QUÝ") == "dac khu phu quy");
    CHECK(foldForSearch("đường Nguyễn Hữu Thọ") == "duong nguyen huu tho");
    CHECK(foldForSearch("ƯỚC ước ỡ Ỹ ẵ") == "uoc uoc o y a");
    CHECK(foldForSearch(kDecomposed) == foldForSearch("Tiếng Việt"));
    CHECK(foldForSearch("TIẾNG VIỆT") == "tieng viet");
}

TEST_CASE("search: runs of white space are one blank, none at the ends") {
    CHECK(foldForSearch("  Xã \t Bến\r\n\nTrăng  ") == "xa ben trang");
    CHECK(foldForSearch(" \n ").empty());
    CHECK(foldForSearch("247/TB-VPCP") == "247/tb-vpcp");
    CHECK(foldForSearch("\xFF") == "\xFF");
}

TEST_CASE("trim: white space at the ends only") {
    CHECK(base::trim(" \t\r\n a b \n") == "a b");
    CHECK(base::trim("   ").empty());
    CHECK(base::trim("").empty());
}

TEST_CASE("text: what is shown steers no terminal and turns no line") {
    CHECK(base::forDisplay("Đã xong\n\tđủ hồ sơ") == "Đã xong\n\tđủ hồ sơ");
    CHECK(base::forDisplay("a\x1b[31mb\a\bc\r") == "a\uFFFD[31mb\uFFFD\uFFFDc\uFFFD");
    CHECK(base::forDisplay("\u202Exong\u2069\u009B") == "\uFFFDxong\uFFFD\uFFFD");
    CHECK(base::forDisplay("\xC3") == "\uFFFD");
    CHECK(base::forDisplay("") == "");
}
