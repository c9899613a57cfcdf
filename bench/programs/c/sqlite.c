// SQLite with a database in a file of its own file system, which is memory: a table of n rows is written in a
// transaction, indexed, queried in several ways, changed and read again.
#include <stdlib.h>

#include "bench.h"
#include "sqlite3.h"

enum { FILES = 8, NAME_LENGTH = 64 };

// What a file holds; `name` is empty if there is none.
struct storage {
    char name[NAME_LENGTH];
    uint8_t *bytes;
    sqlite3_int64 size, capacity;
};

struct file {
    sqlite3_file base;
    struct storage *storage;
};

static struct storage storages[FILES];

static struct storage *find_storage(const char *name) {
    for (int i = 0; i < FILES; i++) {
        if (strcmp(storages[i].name, name) == 0) {
            return &storages[i];
        }
    }
    return NULL;
}

static void remove_storage(struct storage *storage) {
    free(storage->bytes);
    memset(storage, 0, sizeof *storage);
}

static struct storage *storage_of(sqlite3_file *file) {
    return ((struct file *)file)->storage;
}

static int file_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *to, int length, sqlite3_int64 offset) {
    struct storage *storage = storage_of(file);
    sqlite3_int64 available = storage->size > offset ? storage->size - offset : 0;
    size_t count = (size_t)(available < length ? available : length);
    if (count > 0) {
        memcpy(to, storage->bytes + offset, count);
    }
    memset((uint8_t *)to + count, 0, (size_t)length - count);
    return count == (size_t)length ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *from, int length, sqlite3_int64 offset) {
    struct storage *storage = storage_of(file);
    sqlite3_int64 end = offset + length;
    if (end > storage->capacity) {
        sqlite3_int64 capacity = end + end / 2;
        uint8_t *bytes = realloc(storage->bytes, (size_t)capacity);
        if (bytes == NULL) {
            return SQLITE_FULL;
        }
        memset(bytes + storage->capacity, 0, (size_t)(capacity - storage->capacity));
        storage->bytes = bytes;
        storage->capacity = capacity;
    }
    memcpy(storage->bytes + offset, from, (size_t)length);
    storage->size = end > storage->size ? end : storage->size;
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct storage *storage = storage_of(file);
    if (size < storage->size) {
        // What a later write leaves out must read as zeros.
        memset(storage->bytes + size, 0, (size_t)(storage->size - size));
        storage->size = size;
    }
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    *size = storage_of(file)->size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level) {
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_check_reserved_lock(sqlite3_file *file, int *reserved) {
    (void)file;
    *reserved = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file) {
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file) {
    (void)file;
    return 0;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

static int system_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given_flags) {
    (void)vfs;
    file->pMethods = NULL;
    // Temporary files have no name, and SQLITE_TEMP_STORE keeps them out of here.
    if (name == NULL || strlen(name) >= NAME_LENGTH) {
        return SQLITE_CANTOPEN;
    }
    struct storage *storage = find_storage(name);
    if (storage == NULL && (storage = find_storage("")) != NULL) {
        memcpy(storage->name, name, strlen(name) + 1);
    }
    if (storage == NULL) {
        return SQLITE_CANTOPEN;
    }
    ((struct file *)file)->storage = storage;
    file->pMethods = &file_methods;
    if (given_flags != NULL) {
        *given_flags = flags;
    }
    return SQLITE_OK;
}

static int system_delete(sqlite3_vfs *vfs, const char *name, int sync_directory) {
    (void)vfs, (void)sync_directory;
    struct storage *storage = find_storage(name);
    if (storage == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    remove_storage(storage);
    return SQLITE_OK;
}

static int system_access(sqlite3_vfs *vfs, const char *name, int flags, int *exists) {
    (void)vfs, (void)flags;
    *exists = find_storage(name) != NULL;
    return SQLITE_OK;
}

static int system_full_path(sqlite3_vfs *vfs, const char *name, int length, char *path) {
    (void)vfs;
    if (strlen(name) >= (size_t)length) {
        return SQLITE_CANTOPEN;
    }
    memcpy(path, name, strlen(name) + 1);
    return SQLITE_OK;
}

static int system_randomness(sqlite3_vfs *vfs, int length, char *to) {
    (void)vfs;
    uint64_t random = 15;
    for (int i = 0; i < length; i++) {
        to[i] = (char)(next_random(&random) >> 56);
    }
    return length;
}

static int system_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return microseconds;
}

static int system_time(sqlite3_vfs *vfs, double *julian_day) {
    (void)vfs;
    *julian_day = 2461000.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void) {
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct file),
        .mxPathname = NAME_LENGTH,
        .zName = "memory",
        .xOpen = system_open,
        .xDelete = system_delete,
        .xAccess = system_access,
        .xFullPathname = system_full_path,
        .xRandomness = system_randomness,
        .xSleep = system_sleep,
        .xCurrentTime = system_time,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void) {
    return SQLITE_OK;
}

static const char schema[] =
    "CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE items (id INTEGER PRIMARY KEY, category INTEGER NOT NULL REFERENCES categories, name TEXT NOT NULL,"
    " price INTEGER NOT NULL, stock INTEGER NOT NULL);"
    "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 40)"
    " INSERT INTO categories SELECT i, 'category ' || i FROM numbers;";

static const char *const session[] = {
    "CREATE INDEX items_by_category ON items (category, price)",
    "SELECT count(*), sum(price), min(name), max(name) FROM items",
    "SELECT c.name, count(*), sum(i.price * i.stock) FROM categories c JOIN items i ON i.category = c.id"
    " GROUP BY c.id HAVING count(*) > 1 ORDER BY 3 DESC",
    "SELECT id, name, price FROM items WHERE name LIKE '%7a%' ORDER BY name, id LIMIT 50",
    "SELECT upper(substr(name, 1, 6)), count(*) FROM items GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
    "UPDATE items SET price = price + 5, name = name || '*' WHERE category IN (SELECT id FROM categories WHERE id % 3 = 0)",
    "DELETE FROM items WHERE stock % 5 = 0 AND price > 200",
    "SELECT a.id, b.id FROM items a JOIN items b ON b.category = a.category AND b.price = a.price"
    " WHERE a.id < b.id ORDER BY a.id, b.id LIMIT 100",
    "SELECT id, price, row_number() OVER (PARTITION BY category ORDER BY price, id) FROM items ORDER BY id LIMIT 200",
    "SELECT count(*), sum(price), sum(length(name)) FROM items",
    "PRAGMA integrity_check",
};

// What all rows of the statement come to; `ok` becomes 0 if it fails.
static uint64_t run(sqlite3 *database, const char *sql, uint64_t checksum, int *ok) {
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        for (int column = 0; result == SQLITE_ROW && column < sqlite3_column_count(statement); column++) {
            const unsigned char *text = sqlite3_column_text(statement, column);
            for (; text != NULL && *text != '\0'; text++) {
                checksum = mix(checksum, *text);
            }
            checksum = mix(checksum, '|');
        }
    }
    sqlite3_finalize(statement);
    *ok &= result == SQLITE_DONE;
    return checksum;
}

static int insert_items(sqlite3 *database, int32_t n) {
    uint64_t random = 16;
    sqlite3_stmt *insert = NULL;
    int result = sqlite3_prepare_v2(database, "INSERT INTO items VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL);
    for (int32_t i = 0; i < n && result == SQLITE_OK; i++) {
        char name[17];
        uint64_t value = next_random(&random);
        for (int j = 0; j < 16; j++) {
            name[j] = "0123456789abcdef"[value >> 4 * j & 15];
        }
        name[16] = '\0';
        sqlite3_bind_int(insert, 1, i + 1);
        sqlite3_bind_int(insert, 2, (int)(value % 40) + 1);
        sqlite3_bind_text(insert, 3, name, 16, SQLITE_TRANSIENT);
        sqlite3_bind_int(insert, 4, (int)(value >> 20 & 1023));
        sqlite3_bind_int(insert, 5, (int)(value >> 40 & 255));
        sqlite3_step(insert);
        result = sqlite3_reset(insert);
    }
    return sqlite3_finalize(insert) == SQLITE_OK && result == SQLITE_OK;
}

int64_t bench_run(int32_t n) {
    sqlite3 *database = NULL;
    uint64_t checksum = 0;
    int ok = sqlite3_open("items.db", &database) == SQLITE_OK &&
             sqlite3_exec(database, schema, NULL, NULL, NULL) == SQLITE_OK &&
             sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK && insert_items(database, n) &&
             sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && i < sizeof session / sizeof *session; i++) {
        checksum = run(database, session[i], checksum, &ok);
    }
    ok &= sqlite3_close(database) == SQLITE_OK;
    ok &= sqlite3_shutdown() == SQLITE_OK;
    for (int i = 0; i < FILES; i++) {
        remove_storage(&storages[i]);
    }
    return ok ? (int64_t)checksum : -1;
}
