// The fold of the directory: bodies by various authors on top of a founded province.

#include "../unit/domain/province.h"
#include "target.h"
#include "wire/body.h"

using namespace fuzz;

namespace {

struct Start {
    Start() : province(3, 2, wire::encodeGenesis) {
        province.found();
        officer = province.join("X01", domain::roles::kOfficer).id(province.id);
    }
    test::Province province;
    base::DeviceId officer;
};

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
    while (!in.isEmpty()) {
        std::uint8_t who = in.byte();
        domain::DirectoryAuthor author;
        author.position = directory.size();
        author.arrival = ++now;
        author.device = who % 2 == 0 ? start.province.office.id(start.province.id) : start.officer;
        author.seq = who / 2;
        auto changes = wire::decodeBody(in.piece());
        if (!changes) continue;
        for (const domain::Change& change : *changes) {
            (void)directory.reasonNotAdmitted(author.device, change, now);
            (void)directory.apply(author, change);
        }
        directory.setSize(author.position + 1);
    }
    must(directory.province() == start.province.id, "the province has changed");
    look(directory);
    return 0;
}
