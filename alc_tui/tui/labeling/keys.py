"""The keys of the labeling screen, except class keys, with their footer and help texts."""

from __future__ import annotations

from textual.binding import BindingType

from alc_tui.tui.commands import footer_command, help_command

KEYS: list[BindingType] = [
    footer_command("enter", "keep", "Confirm", "label.keep", "Confirm the given label; in a review, the verdict."),
    footer_command("enter", "retrain", "Retrain", "label.retrain", "Start the retraining."),
    footer_command("a", "suggestion", "Accept", "label.suggestion", "Accept the model's suggestion."),
    footer_command(
        "s", "set_aside('skip')", "Skip", "label.skip", "Skip: no label; the sample stays in the noisy set."
    ),
    footer_command("f", "set_aside('flag')", "Flag", "label.flag", "Flag: no label; set aside for Review."),
    help_command("F", "flag_note", "label.flag_note", "Flag with a note, which Review shows and exports hold."),
    footer_command(
        "x", "set_aside('exclude')", "Exclude", "label.exclude", "Exclude: never use this sample for training."
    ),
    footer_command("u", "undo", "Undo", "label.undo", "Undo the last verdict; press again to undo more."),
    help_command("ctrl+e", "finish", "label.finish", "Finish the round early: retrain with what is decided so far."),
    help_command("slash", "pick", "label.pick", "Find a class by name."),
    footer_command("g", "app.grid", "Grid", "label.grid", "Show the whole round as thumbnails."),
    footer_command("r", "app.review", "Review", "label.review", "Review samples that need a second look."),
    help_command("p", "app.progress", "label.progress", "Show scores, confusion matrix, label flow and ledger."),
    help_command("exclamation_mark", "training", "label.training", "Show the training that failed, to start it again."),
    help_command("n", "view('neighbors')", "label.neighbors", "Show or hide the nearest clean samples."),
    help_command(
        "c", "compare", "label.compare", "Compare with typical clean images of the given label and the suggestion."
    ),
    help_command("b", "blind", "label.blind", "Hide the given label and the suggestion until you decide."),
    help_command("space", "view('whole')", "label.whole", "Show only the image, as large as possible."),
    help_command("plus", "view('zoom', (1,))", "label.zoom_in", "Zoom in."),
    help_command("minus", "view('zoom', (-1,))", "label.zoom_out", "Zoom out."),
    help_command("left", "view('pan', (-1, 0))", "label.pan_left", "Pan left."),
    help_command("right", "view('pan', (1, 0))", "label.pan_right", "Pan right."),
    help_command("up", "view('pan', (0, -1))", "label.pan_up", "Pan up."),
    help_command("down", "view('pan', (0, 1))", "label.pan_down", "Pan down."),
    help_command("left_square_bracket", "view('brighten', (-1,))", "label.darker", "Darker."),
    help_command("right_square_bracket", "view('brighten', (1,))", "label.brighter", "Brighter."),
    help_command("left_curly_bracket", "view('contrast', (-1,))", "label.flatter", "Less contrast."),
    help_command("right_curly_bracket", "view('contrast', (1,))", "label.crisper", "More contrast."),
    help_command("W", "window", "label.window", "Show the next window of an image with more than 8 bits."),
    help_command("equals_sign", "view('reset')", "label.as_it_is", "Reset zoom, brightness, contrast and window."),
    help_command("d", "app.smooth", "label.smooth", "Switch between smooth scaling and exact pixels."),
    help_command("less_than_sign", "app.resize_images(-1)", "label.smaller", "Smaller images."),
    help_command("greater_than_sign", "app.resize_images(1)", "label.larger", "Larger images."),
    help_command("P", "app.next_preview", "label.preview", "Draw images in half-blocks, quadrants, or pixels."),
    help_command(
        "i", "original", "label.original", "Show numbers instead of words, and the size and path of the image."
    ),
    help_command("v", "app.viewer", "label.viewer", "Show the original at full resolution in a browser."),
    help_command("pagedown", "view('scroll_classes', (1,))", "label.classes_down", "Scroll down the classes."),
    help_command("pageup", "view('scroll_classes', (-1,))", "label.classes_up", "Scroll up the classes."),
    help_command("escape", "leave", "label.leave", "Go back to the previous screen."),
    footer_command("question_mark", "app.help", "Help", "label.help", "Show keys, classes and guideline."),
    help_command("q", "close", "label.quit", "Go back to the list of the review."),
    footer_command("q", "quit", "Quit", "label.quit", "Quit; all verdicts are saved."),
]
