#include "office/authority_key.h"
#include "base/text.h"

namespace office {
namespace {

using base::Code;
using base::fail;
using base::Result;

constexpr std::size_t kCodeBytes = 16;
constexpr std::size_t kCodeLettersMax = 64;  // with blanks and hyphens

crypto::SigningKey keyOf(const crypto::SecretKey& master) {
    const base::Hash seed =
        crypto::keyedHash(master.view(), {base::view("thongsuot authority key")});
    return crypto::SigningKey::fromSeed(crypto::SecretKey::from(seed.view()));
}

std::string grouped(const std::string& letters) {
    std::string out;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (i > 0 && i % 5 == 0 && i < 25) out += '-';
        out += letters[i];
    }
    return out;
}

store::Path fileOf(const store::Path& folder, std::size_t number, const char* kind) {
    return folder / ("authority-" + std::to_string(number) + kind);
}

}  // namespace

Result<AuthorityKeyMade> makeAuthorityKey(const store::Path& file, base::Random& random,
                                          std::optional<store::StretchCost> cost) {
    const auto secret = crypto::Secret<kCodeBytes>::random(random);
    std::string letters = base::toBase32(secret.view());
    TRY(auto created, store::Vault::create(file, letters, random, cost));
    return AuthorityKeyMade{keyOf(created.masterKey), grouped(letters)};
}

Result<crypto::SigningKey> openAuthorityKey(const store::Path& file, std::string_view code) {
    auto bytes = base::fromBase32(base::trim(code.substr(0, kCodeLettersMax + 1)));
    if (!bytes || bytes->size() != kCodeBytes) {
        return fail(Code::InvalidInput,
                    "This is not the code of an authority key: it has 26 letters and digits; read "
                    "it from the paper again.");
    }
    TRY(store::Vault vault, store::Vault::open(file));
    TRY(const crypto::SecretKey master, vault.unlock(base::toBase32(*bytes)));
    return keyOf(master);
}

Result<std::vector<crypto::SigningKey>> makeAuthorityKeys(const store::Path& folder,
                                                          std::size_t count, base::Random& random,
                                                          std::optional<store::StretchCost> cost) {
    CHECK_OK(store::ensureFolder(folder));
    std::error_code ignored;
    for (std::size_t number = 1; number <= count; ++number) {
        for (const char* kind : {".key", ".code"}) {
            const store::Path file = fileOf(folder, number, kind);
            if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) continue;
            return fail(Code::InvalidInput, "'" + file.string() +
                                                "' exists already; keys are never replaced, so "
                                                "choose another folder with --key-out.");
        }
    }
    std::vector<crypto::SigningKey> out;
    for (std::size_t number = 1; number <= count; ++number) {
        TRY(AuthorityKeyMade made, makeAuthorityKey(fileOf(folder, number, ".key"), random, cost));
        const std::string line = made.code + "\n";
        CHECK_OK(store::writeFileDurably(fileOf(folder, number, ".code"), base::view(line)));
        out.push_back(made.key);
    }
    return out;
}

void removeAuthorityKeys(const store::Path& folder, std::size_t count) {
    std::error_code ignored;
    for (std::size_t number = 1; number <= count; ++number) {
        for (const char* kind : {".key", ".code"})
            std::filesystem::remove(fileOf(folder, number, kind), ignored);
    }
}

}  // namespace office
