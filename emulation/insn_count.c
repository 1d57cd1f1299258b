/* A qemu plugin that counts the instructions of the emulated program.
 *
 *   cc -O2 -shared -fPIC -o insn_count.so insn_count.c
 *   qemu-aarch64 -plugin ./insn_count.so,out=FILE ...
 *
 * Each getppid() of the program is a mark: it appends the count so far to FILE, one decimal number a
 * line. The counter is not atomic: what is counted has to run in one thread.
 *
 * Debian has no header of the plugin interface; what is used of it, version 1 of qemu 7.2, is declared
 * here (qemu documentation, "QEMU TCG Plugins"). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
typedef void (*translated)(plugin_id, struct block *);
typedef void (*called)(plugin_id, unsigned vcpu, int64_t number, uint64_t, uint64_t, uint64_t, uint64_t,
                       uint64_t, uint64_t, uint64_t, uint64_t);
enum { ADD_U64 = 0 };
size_t qemu_plugin_tb_n_insns(const struct block *);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated);
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *, uint64_t operand);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, called);

int qemu_plugin_version = 1;

static uint64_t executed;
static int64_t mark;
static FILE *out;

static void count_block(plugin_id id, struct block *block) {
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void write_mark(plugin_id id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c,
                       uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
	(void)id, (void)vcpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
	if (number == mark) {
		fprintf(out, "%llu\n", (unsigned long long)executed);
		fflush(out);
	}
}

struct info {
	const char *target; /* such as aarch64: the first field of qemu_info_t */
};

int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv) {
	mark = strcmp(info->target, "arm") ? 173 : 64; /* getppid's number */
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "a");
	if (!out) {
		fprintf(stderr, "insn_count: give out=FILE, in a folder that exists\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
	qemu_plugin_register_vcpu_syscall_cb(id, write_mark);
	return 0;
}
