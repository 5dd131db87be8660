// The fold of the directory: bodies by various authors on top of a founded province.

#include "../unit/domain/province.h"
#include "target.h"
#include "wire/body.h"

using namespace fuzz;

namespace {

constexpr std::uint8_t kStranger = 254;  // such a byte is a device that nobody knows

struct Start {
    Start() : province(3, 2, wire::encodeGenesis) {
        province.found();
        officer = province.join("X01", domain::roles::kOfficer).id(province.id);
    }
    test::Province province;
    base::DeviceId officer;
};

/// What only an administrator may change, as text.
std::string powers(const domain::Directory& directory) {
    std::string out;
    auto add = [&out](std::string_view text) { out.append(text).push_back('\n'); };
    for (const auto& [code, unit] : directory.units()) {
        for (const std::string& text : {code, unit.name, unit.parent}) add(text);
        add(std::to_string(static_cast<int>(unit.level)));
        add(std::to_string(directory.keysOf(unit.scope).size()));
    }
    for (const auto& [id, device] : directory.devices()) {
        if (device.revokedSince) add("revoked " + id.hex());
        if (directory.administers(id, directory.size())) add("administers " + id.hex());
    }
    for (const char* rule : {"grant", "dictionary"}) add(directory.rule(rule).value_or("none"));
    add(std::to_string(directory.charter().version));
    add(std::to_string(directory.authorityKeys().size()));
    return out;
}

void look(const domain::Directory& directory) {
    for (const auto& [id, device] : directory.devices()) {
        must(directory.unit(device.unit) != nullptr, "a device of a unit that does not exist");
        for (const base::ScopeId& scope : directory.readableScopes(id)) {
            must(directory.mayRead(id, scope), "two answers about what a device may read");
            (void)directory.mayAppend(id, scope, directory.size());
        }
    }
    (void)directory.dictionaryAllowed(directory.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Start start;
    Input in({data, size});
    domain::Directory directory = start.province.directory;
    base::TimeMs now = start.province.now;
    static const std::string before = powers(directory);
    bool onlyOfficer = true;
    while (!in.isEmpty()) {
        std::uint8_t who = in.byte();
        domain::DirectoryAuthor author;
        author.position = directory.size();
        author.arrival = ++now;
        onlyOfficer = onlyOfficer && (who % 2 != 0 || who >= kStranger);
        author.device = who % 2 == 0 ? start.province.office.id(start.province.id) : start.officer;
        author.seq = who / 2;
        if (who >= kStranger) {
            author.device = base::DeviceId();
            author.seq = 0;
        }
        auto changes = wire::decodeBody(in.piece());
        if (!changes) continue;
        author.recovers = domain::recoveryIn(*changes);
        for (const domain::Change& change : *changes) {
            (void)directory.reasonNotAdmitted(author.device, change, now);
            (void)directory.apply(author, change);
        }
        directory.setSize(author.position + 1);
    }
    must(!onlyOfficer || powers(directory) == before, "an officer has an administrator's power");
    must(directory.province() == start.province.id, "the province has changed");
    look(directory);
    return 0;
}
