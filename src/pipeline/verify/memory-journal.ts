import { type LoadJournal, sameLoad, type TableLoad } from "../../core/load.ts";

/** Keeps walks in memory. */
export class MemoryJournal implements LoadJournal {
  loads: readonly TableLoad[] = [];

  put(load: TableLoad): Promise<void> {
    this.loads = [...this.loads.filter((each) => !sameLoad(each, load)), load];
    return Promise.resolve();
  }
}
