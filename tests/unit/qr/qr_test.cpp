// What stands on the screen is read back by another library, as a telephone would.

#include "qr/qr.h"

#include <ZXing/DecodeHints.h>
#include <ZXing/ReadBarcode.h>
#include <catch2/catch.hpp>

#include "../base/seeded_random.h"
#include "base/limits.h"
#include "domain/invitation.h"

namespace {

/// The modules that the half blocks show, quiet zone included; colours are taken as they are set.
qr::Matrix modulesOf(const std::string& picture) {
    std::vector<std::vector<bool>> rows;
    std::size_t at = 0;
    while (at < picture.size()) {
        const std::size_t end = picture.find('\n', at);
        REQUIRE(end != std::string::npos);
        std::string line = picture.substr(at, end - at);
        at = end + 1;
        constexpr std::string_view kBegin = "\x1b[38;5;231;48;5;16m";
        constexpr std::string_view kEnd = "\x1b[0m";
        REQUIRE(line.starts_with(kBegin));
        REQUIRE(line.ends_with(kEnd));
        line = line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size());
        std::vector<bool> upper;
        std::vector<bool> lower;
        while (!line.empty()) {
            auto is = [&](std::string_view block) { return line.starts_with(block); };
            REQUIRE((is(" ") || is("█") || is("▀") || is("▄")));
            upper.push_back(is(" ") || is("▄"));
            lower.push_back(is(" ") || is("▀"));
            line.erase(0, is(" ") ? 1 : 3);
        }
        rows.push_back(upper);
        rows.push_back(lower);
    }
    qr::Matrix out;
    out.width = rows.front().size();
    rows.resize(out.width);  // an odd number of rows leaves half a line
    for (const auto& row : rows) out.dark.insert(out.dark.end(), row.begin(), row.end());
    return out;
}

std::string decoded(const qr::Matrix& shown) {
    constexpr std::size_t kPixels = 4;  // of a module's side
    const std::size_t side = shown.width * kPixels;
    std::vector<std::uint8_t> grey(side * side);
    for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x)
            grey[y * side + x] = shown.at(y / kPixels, x / kPixels) ? 0 : 255;
    }
    ZXing::DecodeHints hints;
    hints.setFormats(ZXing::BarcodeFormat::QRCode);
    ZXing::ImageView image(grey.data(), static_cast<int>(side), static_cast<int>(side),
                           ZXing::ImageFormat::Lum);
    ZXing::Result result = ZXing::ReadBarcode(image, hints);
    return result.isValid() ? result.text() : std::string();
}

domain::Invitation invitation(test::SeededRandom& random, const std::string& address) {
    domain::Invitation out;
    out.secret = domain::InvitationSecret::random(random);
    out.province = random.make<base::ProvinceId>();
    out.serverKey = random.make<base::ExchangeKey>();
    out.address = address;
    out.expiry = 1'767'200'000'000;
    return out;
}

}  // namespace

TEST_CASE("qr: what stands on the terminal is read back as the code that was given") {
    test::SeededRandom random;
    for (const std::string& address :
         {std::string("127.0.0.1:7443"), std::string("thongsuot.tinh.example:7443"),
          std::string(base::limits::kAddressBytesMax, 'a')}) {
        const std::string code = invitation(random, address).longCode();
        auto matrix = qr::matrixOf(code);
        REQUIRE(matrix);
        const qr::Matrix shown = modulesOf(qr::halfBlocks(*matrix));
        CHECK(shown.width == qr::columnsOf(*matrix));
        CHECK(shown.width <= 80);  // the longest code of all still stands on a plain terminal
        CHECK(decoded(shown) == code);
    }
}

TEST_CASE("qr: a quiet zone of four light modules lies around the code") {
    auto matrix = qr::matrixOf("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    REQUIRE(matrix);
    const qr::Matrix shown = modulesOf(qr::halfBlocks(*matrix));
    for (std::size_t row = 0; row < shown.width; ++row) {
        for (std::size_t column = 0; column < shown.width; ++column) {
            bool isInside = row >= qr::kQuietZone && column >= qr::kQuietZone &&
                            row < shown.width - qr::kQuietZone &&
                            column < shown.width - qr::kQuietZone;
            if (isInside) {
                CHECK(shown.at(row, column) ==
                      matrix->at(row - qr::kQuietZone, column - qr::kQuietZone));
            } else {
                CHECK_FALSE(shown.at(row, column));
            }
        }
    }
}

TEST_CASE("qr: a text that no code holds is refused") {
    auto matrix = qr::matrixOf(std::string(5000, 'A'));
    REQUIRE_FALSE(matrix);
    CHECK(matrix.error().code == base::Code::Limit);
}
